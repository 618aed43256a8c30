using System.Collections;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Demo;

/// <summary>A home of its own for the demonstration: nothing of the user's is read or written. Disposing removes it.</summary>
internal sealed class DemoHome : IDisposable
{
    /// <summary>Variables that would lead agents, or agentctl, out of this home.</summary>
    private static readonly string[] Foreign = ["CLAUDE", "CODEX", "OPENCLAW", "ANTHROPIC", "OPENAI", "AGENTCTL_HOME", "XDG_"];

    public DemoHome()
    {
        Path = Directory.CreateTempSubdirectory("agentctl-demo-").FullName;
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            var name = (string)entry.Key;
            if (!Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                variables[name] = (string?)entry.Value ?? "";
            }
        }

        variables["HOME"] = Path;
        variables["AGENTCTL_HOME"] = System.IO.Path.Combine(Path, ".agentctl");
        Variables = variables;
        Environment = new AgentEnvironment(Path, variables);
    }

    public string Path { get; }
    public IReadOnlyDictionary<string, string> Variables { get; }
    public AgentEnvironment Environment { get; }

    /// <summary>A project folder in it.</summary>
    public string Project(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>Writes a config that declares one agent of this home's own.</summary>
    public void DeclareAgent(string name, IReadOnlyList<string> launch)
    {
        var words = string.Join(", ", launch.Select(Configuration.ConfigEdit.Quoted));
        PrivateDirectory.Ensure(Environment.AgentctlHome);
        File.WriteAllText(
            AgentctlConfig.PathIn(Environment.AgentctlHome), $$$"""{ "agents": { "{{{name}}}": { "launch": [{{{words}}}], "stdin": "open", "id": "ready {id} " } } }""");
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
