using System.Collections.Concurrent;

namespace Agentctl.ScriptedAgent;

/// <summary>
/// What the actor keeps: its conversations under <c>$HOME/.scripted-agent</c>, and, where SCRIPTED_AGENT_LOG names a file, a line for
/// everything that reached it.
/// </summary>
internal sealed class ActorMemory
{
    private readonly string folder = Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/tmp", ".scripted-agent");
    private readonly string? log = Environment.GetEnvironmentVariable("SCRIPTED_AGENT_LOG");
    private readonly ConcurrentDictionary<(string, string), string> settings = new();
    private readonly List<(string Id, string Cwd)> begun = [];
    private readonly Lock gate = new();

    public void Log(string what, string detail)
    {
        if (log is not null)
        {
            lock (gate)
            {
                File.AppendAllText(log, $"{what} {detail.ReplaceLineEndings(" ")}\n");
            }
        }
    }

    public void Begin(string id, string cwd)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(id), "");
        lock (gate)
        {
            begun.Add((id, cwd));
        }
    }

    public bool Knows(string id) => !id.Contains('/') && File.Exists(PathOf(id));

    public void Add(string id, string role, string text) => File.AppendAllText(PathOf(id), $"{role} {text.ReplaceLineEndings(" ")}\n");

    public IReadOnlyList<(string Role, string Text)> Entries(string id) =>
        [.. File.ReadLines(PathOf(id)).Select(static line => line.Split(' ', 2)).Where(static parts => parts.Length == 2).Select(static parts => (parts[0], parts[1]))];

    public IReadOnlyList<(string Id, string Cwd)> Sessions()
    {
        lock (gate)
        {
            return [.. begun];
        }
    }

    public string? Setting(string id, string key) => settings.GetValueOrDefault((id, key));

    public void Set(string id, string key, string value) => settings[(id, key)] = value;

    private string PathOf(string id) => Path.Combine(folder, id);
}
