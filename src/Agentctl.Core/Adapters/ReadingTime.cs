namespace Agentctl.Core;

/// <summary>
/// How long one answer of one adapter may take over records that were never read before. What is left then is counted
/// (<see cref="AdapterAnswer.Unread"/>) and read in the background: a list never waits for a hundred thousand old sessions. On a machine
/// that is so slow that the time is over before reading begins, the first records are read all the same. Thread-safe.
/// </summary>
public sealed class ReadingTime
{
    private const int FirstRecords = 32;

    /// <summary>For how many times the limit the first records may be read.</summary>
    private const int LongestFactor = 4;

    private readonly TimeProvider? time;
    private readonly TimeSpan limit;
    private readonly long began;
    private int late;

    private ReadingTime(TimeProvider? time, TimeSpan limit, long began) => (this.time, this.limit, this.began) = (time, limit, began);

    /// <summary>As long as it takes.</summary>
    public static ReadingTime Unlimited { get; } = new(null, TimeSpan.MaxValue, 0);

    /// <summary>Only what was read before is reported.</summary>
    public static ReadingTime None { get; } = new(null, TimeSpan.Zero, 0);

    public static ReadingTime FromNow(TimeSpan limit, TimeProvider time) => new(time, limit, time.GetTimestamp());

    /// <summary>The same time, with first records of its own.</summary>
    public ReadingTime ForOneAdapter() => time is null ? this : new(time, limit, began);

    /// <summary>Whether one more record that was never read may be read now.</summary>
    public bool MayRead()
    {
        if (time is null)
        {
            return limit > TimeSpan.Zero;
        }

        var elapsed = time.GetElapsedTime(began);
        return elapsed < limit || (elapsed < limit * LongestFactor && Interlocked.Increment(ref late) <= FirstRecords);
    }
}
