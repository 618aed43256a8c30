namespace Agentctl.Core;

public enum AdapterStatus
{
    Ok,

    /// <summary>It looked; some records could not be read.</summary>
    Partial,

    /// <summary>It could not look.</summary>
    Failed,

    /// <summary>It did not answer within its deadline.</summary>
    TimedOut,
}

/// <summary>How one adapter's look went; stands beside the rows so that "none found" and "could not look" differ.</summary>
/// <param name="Took">How long this request waited for it.</param>
/// <param name="LastAnswerAt">When it last answered well, if it ever did.</param>
public sealed record AdapterOutcome(
    string Adapter,
    AdapterStatus Status,
    TimeSpan Took,
    string? Error,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes,
    DateTimeOffset? LastAnswerAt);
