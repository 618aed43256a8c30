using Agentctl.Adapters.Acp;
using Agentctl.Cli.Configuration;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>The adapters of this build, by id, and those that config declares.</summary>
internal static class KnownAdapters
{
    public static readonly IReadOnlyList<string> Ids = ["claude-code", "codex", "opencode", "pi", "gemini", "openclaw"];

    /// <summary>Whether the agent keeps its conversations itself; an agent of config is known by what each run of it prints.</summary>
    public static bool KeepsTranscripts(string id, AgentEnvironment environment) => Ids.Contains(id) || ConfigFile.Load(environment).GatewayIds.Contains(id);

    /// <summary>Null for a known one. Config is read only for a name that is not built in.</summary>
    /// <param name="withAcp">Also adapters of sessions that only the ACP client starts: such a session can be found, but not launched.</param>
    public static string? WhyUnknown(string id, AgentEnvironment environment, bool withAcp = false)
    {
        if (Ids.Contains(id))
        {
            return null;
        }

        var config = ConfigFile.Load(environment);
        var declared = config.Agents.Select(static agent => agent.Name).Concat(config.GatewayIds).ToList();
        return declared.Contains(id) || (withAcp && AcpAgents.Adapters(config.Acp.Agents).Contains(id)) ? null : $"Unknown adapter: {id}. Known: {string.Join(", ", Ids.Concat(declared))}.";
    }
}
