using System.Globalization;

namespace Agentctl.Core;

/// <summary>
/// How long an operation may take, as a caller gives it in seconds: from 0 to 24 days. A .NET timer takes no more than 49 days, so
/// every limit that reaches a timer is checked here once, where it enters the program.
/// </summary>
public readonly record struct TimeLimit
{
    /// <summary>Well below what timers of .NET and of the kernel take.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <summary>The range in words, for messages: <c>--timeout must be from 0 to 24 days</c>.</summary>
    public const string Range = "from 0 to 24 days";

    private TimeLimit(TimeSpan length) => Length = length;

    public TimeSpan Length { get; }

    public double TotalSeconds => Length.TotalSeconds;

    /// <summary>Null for NaN, infinity, a negative number, or more than <see cref="Longest"/>.</summary>
    public static TimeLimit? TryFromSeconds(double seconds) => IsWithin(seconds, Longest) ? new TimeLimit(TimeSpan.FromSeconds(seconds)) : null;

    /// <summary>
    /// A limit that was read from a record: an earlier version, or a damaged file, may hold any number. More than
    /// <see cref="Longest"/> becomes that; what is no length of time becomes 0.
    /// </summary>
    public static TimeSpan FromRecord(double seconds) =>
        seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)) : TimeSpan.Zero;

    /// <summary>What is wrong with a field of a request, as a sentence; null when it is absent or within the range.</summary>
    /// <param name="mayBeZero">0 means something for this field: at once, or no limit.</param>
    public static string? Wrong(string field, double? seconds, bool mayBeZero = false) =>
        seconds is not { } number || (TryFromSeconds(number) is not null && (mayBeZero || number > 0)) ? null
        : $"'{field}' must be a number of seconds {Range}{(mayBeZero ? "" : ", and more than 0")}.";

    /// <summary>0 or more, and at most <paramref name="longest"/>; false for NaN and infinity.</summary>
    internal static bool IsWithin(double seconds, TimeSpan longest) => seconds >= 0 && seconds <= longest.TotalSeconds;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TotalSeconds:0.###} s");
}

/// <summary>
/// How long something is kept until it ends by itself: a lock, a fuse. Compared with the wall clock, never handed to a timer, so it
/// may be longer than a <see cref="TimeLimit"/>.
/// </summary>
public static class Lifetime
{
    /// <summary>Longer is a mistake of units rather than a plan.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>The range in words, for messages.</summary>
    public const string Range = "from 0 to 10 years";

    /// <summary>Null for NaN, infinity, a negative number, or more than <see cref="Longest"/>.</summary>
    public static TimeSpan? TryFromSeconds(double seconds) => TimeLimit.IsWithin(seconds, Longest) ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>As <see cref="TryFromSeconds"/>.</summary>
    public static TimeSpan? TryFromDays(double days) => TryFromSeconds(days * 86400);
}
