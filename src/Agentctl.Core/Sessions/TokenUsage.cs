namespace Agentctl.Core;

/// <summary>Tokens used, in tokens. Cache tokens are counted apart from <see cref="In"/>.</summary>
public sealed record TokenUsage(long In, long Out, long CacheRead = 0, long CacheWrite = 0)
{
    /// <summary>More than any agent ever used: a count beyond it, or below zero, comes from a damaged record.</summary>
    private const long Most = 1_000_000_000_000_000;

    public static TokenUsage operator +(TokenUsage left, TokenUsage right) => new(
        Sum(left.In, right.In), Sum(left.Out, right.Out), Sum(left.CacheRead, right.CacheRead), Sum(left.CacheWrite, right.CacheWrite));

    /// <summary>Counts as a record of another program has them: one that cannot be is none.</summary>
    public static TokenUsage Recorded(long? input, long? output, long? cacheRead = null, long? cacheWrite = null) =>
        new(Count(input), Count(output), Count(cacheRead), Count(cacheWrite));

    private static long Count(long? count) => count is >= 0 and <= Most ? count.Value : 0;

    // Neither side is negative, so only the upper end can be passed.
    private static long Sum(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;
}
