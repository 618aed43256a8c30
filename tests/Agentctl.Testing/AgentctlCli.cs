using System.Text.Json;

namespace Agentctl.Testing;

/// <summary>The published <c>agentctl</c> run in a sandbox, as a user runs it.</summary>
/// <param name="withDaemon">False sets AGENTCTL_NO_DAEMON=1.</param>
public sealed class AgentctlCli(Sandbox sandbox, bool withDaemon)
{
    /// <summary>The folder of the published executables: AGENTCTL_BIN, else what eng/publish made in this clone.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("AGENTCTL_BIN") is { Length: > 0 } given ? given : Path.Combine(Repository.Root, "artifacts", "bin");

    public static string Program => Requirement.File(Path.Combine(Folder, "agentctl"), "the published agentctl (eng/publish)");

    public Dictionary<string, string> Variables { get; } = withDaemon
        ? FakeModelProcess.DotnetVariables()
        : new(FakeModelProcess.DotnetVariables()) { ["AGENTCTL_NO_DAEMON"] = "1" };

    public Task<ProcessResult> Run(params string[] arguments) => sandbox.Run([Program, .. arguments], Variables);

    public RealProcess Start(params string[] arguments) => sandbox.Start([Program, .. arguments], Variables);

    /// <summary>The rows of <c>list -a --json</c>.</summary>
    public async Task<IReadOnlyList<JsonElement>> Rows(params string[] filters)
    {
        var result = await sandbox.Start([Program, "list", "-a", "--json", .. filters], Variables).Exit();
        if (result.ExitCode is not (0 or 6))
        {
            throw new InvalidOperationException($"agentctl list -a --json ended with {result.ExitCode}: {result.Error}");
        }

        using var document = JsonDocument.Parse(result.Output);
        return [.. document.RootElement.EnumerateArray().Select(row => row.Clone())];
    }
}
