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

    public string? Cwd { get; init; }
    public string? Model { get; init; }

    /// <summary>The first thing the human asked, as written; shown on one line, cut to fit.</summary>
    public string? Prompt { get; init; }

    /// <summary>A running total the agent keeps itself; null where it keeps none (never a sum over a whole file).</summary>
    public TokenUsage? Tokens { get; init; }

    /// <summary>US dollars, where the agent itself says so.</summary>
    public decimal? Cost { get; init; }

    public int? ExitCode { get; init; }

    /// <summary>Facts of the agent that have no column: title, kind, version. Never secrets.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = NoMeta;

    /// <summary>What the launch of ours that runs or ran it adds.</summary>
    public LaunchDescription? Launched { get; init; }

    public static readonly IReadOnlyDictionary<string, string> NoMeta = new Dictionary<string, string>();

    /// <summary>How a session is written: <c>claude-code/2d90595b-…</c>.</summary>
    public string Name => $"{Adapter}/{Id}";
}
