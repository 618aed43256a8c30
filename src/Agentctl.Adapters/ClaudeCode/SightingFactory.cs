using System.Collections.Concurrent;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// Describes sessions. A session that only a transcript tells of keeps its sighting with the transcript; any other gets the
/// instance of last time again when nothing about it has changed. Thread-safe.
/// </summary>
internal sealed class SightingFactory
{
    private readonly ConcurrentDictionary<string, Sighting> _last = [];

    public Sighting Make(string id, Standing standing, Facts facts, Transcript? transcript)
    {
        if (standing is { Claim: null, Job: null } && facts.Holder == Holder.None && transcript is not null)
        {
            return transcript.Unheld(() => Describe(id, standing, facts, transcript));
        }

        var fresh = Describe(id, standing, facts, transcript);
        return _last.AddOrUpdate(id, fresh, (_, last) => AreSame(last, fresh) ? last : fresh);
    }

    /// <summary>Forgets sessions that nothing but a transcript tells of any more.</summary>
    public void Keep(IReadOnlySet<string> ids)
    {
        foreach (var id in _last.Keys.Where(id => !ids.Contains(id)))
        {
            _last.TryRemove(id, out _);
        }
    }

    private static Sighting Describe(string id, Standing standing, Facts facts, Transcript? transcript)
    {
        var (head, tail) = (transcript?.Head, transcript?.Tail);
        var entry = standing.Claim?.Entry;
        var job = standing.Job;
        return new Sighting
        {
            Adapter = ClaudeCodeAdapter.AdapterId,
            Id = id,
            Facts = facts,
            Owner = standing.Owner,
            StartedAt = head?.StartedAt ?? job?.CreatedAt ?? entry?.StartedAt,
            LastActivityAt = Later(transcript?.LastActivityAt, entry?.StatusAt),
            // What a process that is gone said of itself may be older than its transcript.
            Cwd = (standing.Claim is { Holder: not Holder.Gone } ? entry?.Cwd : null) ?? transcript?.Cwd ?? entry?.Cwd ?? job?.Cwd,
            Model = tail?.Model,
            Prompt = transcript?.Prompt ?? job?.Intent,
            Tokens = tail?.Tokens,
            Cost = tail?.Cost,
            Meta = MetaOf(standing, entry, job, head, tail),
        };
    }

    private static Dictionary<string, string> MetaOf(Standing standing, RegistryEntry? entry, BackgroundJob? job, TranscriptHead? head, TranscriptTail? tail)
    {
        var meta = new Dictionary<string, string>();
        Add("title", tail?.Title);
        Add("name", entry is { NameSource: not "derived" } ? entry.Name : job?.Name);
        Add("kind", entry?.Kind ?? head?.SessionKind);
        Add("entrypoint", entry?.Entrypoint ?? head?.Entrypoint);
        Add("version", entry?.Version ?? head?.Version);
        Add("gitBranch", head?.GitBranch);
        Add("job", job?.ShortId ?? entry?.JobId);
        Add("jobState", job?.State);
        Add("otherPids", string.Join(',', standing.OtherPids.Order()));
        Add("costEstimated", tail is { Cost: not null, IsCostEstimated: true } ? "true" : null);
        return meta;

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                meta[key] = value;
            }
        }
    }

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null || b > a ? b : a;

    private static bool AreSame(Sighting a, Sighting b) =>
        (a with { Facts = b.Facts, Meta = b.Meta }) == b &&
        (a.Facts with { Others = b.Facts.Others, NotKnown = b.Facts.NotKnown }) == b.Facts &&
        a.Facts.Others.SequenceEqual(b.Facts.Others) && a.Facts.NotKnown.SequenceEqual(b.Facts.NotKnown) &&
        a.Meta.SequenceEqual(b.Meta);
}
