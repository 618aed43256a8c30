using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Cli.Configuration;

/// <summary>The configuration, or a usage error that names file and line.</summary>
internal static class ConfigFile
{
    public static AgentctlConfig Load(AgentEnvironment environment) => AgentctlConfig.Load(environment.AgentctlHome) switch
    {
        ConfigOutcome.Loaded loaded => loaded.Config,
        var invalid => throw new UsageException(invalid.ToString()!),
    };
}
