using Agentctl.Core;
using Agentctl.Testing;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>A home of its own with the files of an agent in it.</summary>
internal sealed class AgentHome : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agent-home-").FullName;
    public FakeProcessTable Processes { get; } = new();

    public AgentEnvironment Environment(params (string Name, string Value)[] variables) =>
        new(Path, variables.ToDictionary(static variable => variable.Name, static variable => variable.Value));

    public string Write(string path, params string[] lines)
    {
        var full = System.IO.Path.Combine(Path, path);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllText(full, string.Concat(lines.Select(static line => line + "\n")));
        return full;
    }

    public Task<AdapterAnswer> Discover(IAgentAdapter adapter, CancellationToken cancellationToken) =>
        adapter.Discover(Context, cancellationToken);

    public Task<Sighting?> Find(IAgentAdapter adapter, string id, CancellationToken cancellationToken) => adapter.Find(id, Context, cancellationToken);

    private DiscoveryContext Context => new(Reach.All, DateTimeOffset.UnixEpoch, Processes);

    public static async Task<List<TranscriptEntry>> Entries(IAgentAdapter adapter, string id, CancellationToken cancellationToken)
    {
        var entries = new List<TranscriptEntry>();
        await foreach (var entry in adapter.ReadTranscript(id, new TranscriptRange(), cancellationToken))
        {
            entries.Add(entry);
        }

        return entries;
    }

    public static string State(Sighting sighting)
    {
        var verdict = VerdictRules.Decide(sighting.Facts);
        return $"{verdict.State.Word()} ({verdict.Reason})";
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
