using Agentctl.Core;

namespace Agentctl.Adapters.Tests;

/// <summary>A PATH with programs of these names on it.</summary>
internal sealed class ProgramFolder : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("path-").FullName;

    public ProgramFolder(params string[] names)
    {
        foreach (var name in names)
        {
            var file = Path.Combine(folder, name);
            File.WriteAllText(file, "");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            }
        }
    }

    public AgentEnvironment Environment(params (string Name, string Value)[] variables) => new(
        "/home/dev", variables.Append(("PATH", folder)).ToDictionary(static pair => pair.Item1, static pair => pair.Item2));

    public string Of(string name) => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
