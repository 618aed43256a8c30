using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Daemon.Tests;

/// <summary>A home directory for one test, with AGENTCTL_HOME in it.</summary>
internal sealed class TempHome : IDisposable
{
    private static readonly string[] Passed = ["PATH", "DOTNET_ROOT", "TMPDIR", Sandbox.RunCookie];

    public TempHome(string agentctlHome = "a")
    {
        AgentctlHome = Path.Combine(Root, agentctlHome);
        Directory.CreateDirectory(AgentctlHome);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("agentctl-").FullName;

    public string AgentctlHome { get; }

    /// <summary>What a program of ours would see here; variables of agents around the test are not in it.</summary>
    public AgentEnvironment Environment(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var variables = Passed
            .Select(name => (name, value: System.Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.value is not null)
            .ToDictionary(variable => variable.name, variable => variable.value!);
        variables["HOME"] = Root;
        variables["AGENTCTL_HOME"] = AgentctlHome;
        foreach (var (name, value) in more)
        {
            variables[name] = value;
        }

        return new AgentEnvironment(Root, variables);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
