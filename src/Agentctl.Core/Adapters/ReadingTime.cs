namespace Agentctl.Core;

/// <summary>
/// How long one answer may take over records that were never read before. What is left then is counted
/// (<see cref="AdapterAnswer.Unread"/>) and read by whoever has the time: a list never waits for a hundred thousand old sessions. Thread-safe.
/// </summary>
public sealed class ReadingTime
{
    private readonly TimeProvider? time;
    private readonly TimeSpan limit;
    private readonly long began;

    private ReadingTime(TimeProvider? time, TimeSpan limit)
    {
        (this.time, this.limit) = (time, limit);
        began = time?.GetTimestamp() ?? 0;
    }

    /// <summary>As long as it takes.</summary>
    public static ReadingTime Unlimited { get; } = new(null, TimeSpan.MaxValue);

    /// <summary>Only what was read before is told.</summary>
    public static ReadingTime None { get; } = new(null, TimeSpan.Zero);

    public static ReadingTime FromNow(TimeSpan limit, TimeProvider time) => new(time, limit);

    public bool IsOver => time is null ? limit == TimeSpan.Zero : time.GetElapsedTime(began) >= limit;
}
