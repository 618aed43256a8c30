using System.Globalization;

namespace Agentctl.Cli.Rendering;

/// <summary>How long ago something was, as people say it.</summary>
internal static class Age
{
    /// <summary>For a table: <c>12s</c>, <c>4m</c>, <c>3h</c>, <c>2d</c>.</summary>
    public static string Short(DateTimeOffset at, DateTimeOffset now) => In(now - at, "");

    /// <summary>For a sentence: <c>40 s ago</c>, <c>just now</c>.</summary>
    public static string Ago(DateTimeOffset at, DateTimeOffset now) => now - at < TimeSpan.FromSeconds(1) ? "just now" : Long(now - at) + " ago";

    public static string Long(TimeSpan age) => In(age, " ");

    /// <summary>How much time is left, in its two largest units: <c>2 h</c>, <c>1 h 59 min</c>. A second that has begun counts as a whole one.</summary>
    public static string Left(TimeSpan left)
    {
        var seconds = Math.Max(0, (long)Math.Ceiling(left.TotalSeconds));
        (long Count, string Unit)[] parts = [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
        var largest = Array.FindIndex(parts, static part => part.Count > 0);
        return largest < 0 ? "0 s" : string.Join(' ', parts.Skip(largest).Take(2).Where(static part => part.Count > 0).Select(static part => $"{part.Count} {part.Unit}"));
    }

    /// <summary>A time stamp and how long ago it was.</summary>
    public static string Stamp(DateTimeOffset at, DateTimeOffset now, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + $" ({Ago(at, now)})";

    private static string In(TimeSpan age, string gap) => age switch
    {
        { TotalSeconds: < 0 } => $"0{gap}s",
        { TotalMinutes: < 1 } => $"{(int)age.TotalSeconds}{gap}s",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes}{gap}m{(gap.Length > 0 ? "in" : "")}",
        { TotalDays: < 1 } => $"{(int)age.TotalHours}{gap}h",
        _ => $"{(int)age.TotalDays}{gap}d",
    };
}
