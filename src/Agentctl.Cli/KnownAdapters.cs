namespace Agentctl.Cli;

/// <summary>The adapters of this build, by id.</summary>
internal static class KnownAdapters
{
    public static readonly IReadOnlyList<string> Ids = ["claude-code", "codex", "openclaw"];
}
