using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>
/// What an agent left behind of one conversation, where it leaves nothing that ties it to a process: no lock, no pid, no open file.
/// One instance per version of the record: compared by reference.
/// </summary>
internal sealed record RecordedSession
{
    public required string Id { get; init; }

    /// <summary>Where it was read, as evidence shows it.</summary>
    public required string Source { get; init; }
    public string? Cwd { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset LastAt { get; init; }
    public string? Model { get; init; }
    public string? Prompt { get; init; }
    public TokenUsage? Tokens { get; init; }
    public decimal? Cost { get; init; }

    /// <summary>What its newest turn came to: <see cref="Signal.Busy"/> when the record does not tell its end.</summary>
    public required Signal Signal { get; init; }

    /// <summary>The record that says so, in one sentence.</summary>
    public required string Fact { get; init; }
    public required DateTimeOffset SignalAt { get; init; }
    public IReadOnlyDictionary<string, string> Meta { get; init; } = Sighting.NoMeta;

    /// <summary>
    /// Of two records of one conversation the one that tells it: one that has a message, then the newest. The Gemini CLI leaves a second,
    /// empty one whenever a conversation is resumed in another minute, and goes on writing in the first.
    /// </summary>
    public bool IsBetterThan(RecordedSession other) => (Signal != Signal.NeverRun, LastAt).CompareTo((other.Signal != Signal.NeverRun, other.LastAt)) > 0;
}
