using System.Diagnostics;

namespace Agentctl.Shim;

/// <summary>A time that is to come, by the monotonic clock: setting the wall clock ends nobody.</summary>
internal sealed class Countdown
{
    private long? due;

    public bool IsSet => due is not null;

    public bool IsDue => due is { } at && Stopwatch.GetTimestamp() >= at;

    private TimeSpan? Left => due is { } at ? TimeSpan.FromTicks(Math.Max(0, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), at).Ticks)) : null;

    public bool Set(TimeSpan from)
    {
        due = Stopwatch.GetTimestamp() + (long)(from.TotalSeconds * Stopwatch.Frequency);
        return true;
    }

    /// <summary>Sets it unless it is due sooner already.</summary>
    public void Shorten(TimeSpan from)
    {
        if (Left is not { } left || left > from)
        {
            Set(from);
        }
    }

    public bool Clear()
    {
        due = null;
        return true;
    }

    /// <summary>How long until the first of these; null when none is set.</summary>
    public static TimeSpan? Soonest(params ReadOnlySpan<Countdown?> countdowns)
    {
        TimeSpan? soonest = null;
        foreach (var countdown in countdowns)
        {
            soonest = countdown?.Left is { } left && (soonest is null || left < soonest) ? left : soonest;
        }

        return soonest;
    }
}
