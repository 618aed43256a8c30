using System.Runtime.CompilerServices;
using Agentctl.Core;

namespace Agentctl.Sessions.Tests;

/// <summary>An adapter that answers what the test says, and counts how often it was asked.</summary>
internal sealed class PlannedAdapter(string id) : IAgentAdapter
{
    private readonly List<Action> watchers = [];
    private int asked;

    public string Id => id;

    public Func<DiscoveryContext, CancellationToken, Task<AdapterAnswer>> OnDiscover { get; set; } = (_, _) => Task.FromResult(AdapterAnswer.Nothing);

    public List<TranscriptEntry> Entries { get; } = [];

    /// <summary>Sessions that exist by name and are not looked at.</summary>
    public List<SessionName> OtherNames { get; } = [];

    public TokenUsage? Exact { get; set; }

    public Func<CancellationToken, Task<TokenUsage?>>? OnCount { get; set; }

    public int Asked => Volatile.Read(ref asked);

    public int Watchers => watchers.Count;

    public void Sees(params Sighting[] sightings) => OnDiscover = (_, _) => Task.FromResult(new AdapterAnswer(sightings, [], []));

    public void CannotLook(string message) => OnDiscover = (_, _) => throw new CannotLookException(message);

    /// <summary>Never answers; ends when told to, as a good adapter does.</summary>
    public void Hangs() => OnDiscover = async (_, token) =>
    {
        await Task.Delay(Timeout.Infinite, token);
        return AdapterAnswer.Nothing;
    };

    public void Change()
    {
        foreach (var watcher in watchers.ToArray())
        {
            watcher();
        }
    }

    public Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref asked);
        return OnDiscover(context, cancellationToken);
    }

    public async Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken) =>
        [.. OtherNames, .. (await OnDiscover(null!, cancellationToken)).Sightings.SelectMany(s => s.Aliases.Append(s.Id), (s, name) => new SessionName(name, s.Id))];

    public async Task<Sighting?> Find(string text, DiscoveryContext context, CancellationToken cancellationToken) =>
        (await OnDiscover(context, cancellationToken)).Sightings.FirstOrDefault(s => s.Id == text || s.Aliases.Contains(text));

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(string session, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var matching = Entries.Where(entry => entry.Cursor > (range.After ?? 0)).ToList();
        foreach (var entry in range.Last is { } last ? matching.TakeLast(last) : matching)
        {
            yield return entry;
        }
    }

    public Task<TokenUsage?> CountTokens(string session, CancellationToken cancellationToken) => OnCount?.Invoke(cancellationToken) ?? Task.FromResult(Exact);

    public IDisposable Watch(Action changed)
    {
        watchers.Add(changed);
        return new Unwatch(() => watchers.Remove(changed));
    }

    public Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.FromResult(new Diagnosis(id, null, [], []));

    private sealed class Unwatch(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
