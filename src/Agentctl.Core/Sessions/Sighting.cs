namespace Agentctl.Core;

/// <summary>
/// What one adapter saw of one conversation: the facts that decide its state, and the description found in its native record.
/// Immutable; an adapter gives the same instance again as long as nothing it was made from has changed, and the layers
/// above cache by that instance.
/// </summary>
public sealed record Sighting
{
    public required string Adapter { get; init; }

    /// <summary>The agent's own id, or a provisional one (<c>@&lt;pid&gt;-&lt;start ticks&gt;</c>) until it is known.</summary>
    public required string Id { get; init; }

    /// <summary>Other names that resolve to this session: provisional ids of before, a gateway's session key.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public required Facts Facts { get; init; }
    public Owner Owner { get; init; }

    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When the conversation last changed. It sorts a list; it proves nothing (law L3).</summary>
    public DateTimeOffset? LastActivityAt { get; init; }

    public string? Cwd { get; init => field = SharedText.Of(value); }
    public string? Model { get; init => field = SharedText.Of(value); }

    /// <summary>The first thing the human asked, as written; shown on one line, cut to fit.</summary>
    public string? Prompt { get; init; }

    /// <summary>A running total the agent keeps itself; null where it keeps none (never a sum over a whole file).</summary>
    public TokenUsage? Tokens { get; init; }

    /// <summary>US dollars, where the agent itself says so.</summary>
    public decimal? Cost { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Facts of the agent that have no column: title, kind, version. Never secrets.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init => field = SharedText.Of(value); } = NoMeta;

    /// <summary>What the launch of ours that runs or ran it adds.</summary>
    public LaunchDescription? Launched { get; init; }

    public static readonly IReadOnlyDictionary<string, string> NoMeta = new Dictionary<string, string>();

    /// <summary>How a session is written: <c>claude-code/2d90595b-…</c>.</summary>
    public string Name => $"{Adapter}/{Id}";

    private Memo memo;

    /// <summary>What the layers above have made of this very instance: no part of its value, and a copy begins without.</summary>
    public Derived Derived()
    {
        var known = Volatile.Read(ref memo.Value);
        if (known is not null && ReferenceEquals(known.Of, this))
        {
            return known;
        }

        // The original's, where this is a copy.
        var fresh = new Derived(this);
        var now = Interlocked.CompareExchange(ref memo.Value, fresh, known);
        return now is not null && ReferenceEquals(now.Of, this) ? now : fresh;
    }

    /// <summary>Equal to every other: two sightings are the same whatever was made of them.</summary>
    private struct Memo : IEquatable<Memo>
    {
        public Derived? Value;

        public readonly bool Equals(Memo other) => true;

        public override readonly bool Equals(object? obj) => obj is Memo;

        public override readonly int GetHashCode() => 0;
    }
}

/// <summary>What follows from one sighting and is kept with it. A weak table would do the same, and cost the collector a handle for each.</summary>
public sealed class Derived
{
    internal Derived(Sighting of) => Of = of;

    /// <summary>The one it follows from.</summary>
    public Sighting Of { get; }

    /// <summary>The session it is told as.</summary>
    internal Session? Session { get; set; }

    /// <summary>A comma and its row as JSON: lists are sent row by row.</summary>
    public byte[]? Row { get; set; }
}
