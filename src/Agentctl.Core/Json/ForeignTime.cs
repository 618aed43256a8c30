using System.Globalization;

namespace Agentctl.Core;

/// <summary>Times as records of other programs have them. One at the very edge of the calendar is damage: no tolerance could be added to it.</summary>
public static class ForeignTime
{
    /// <summary>ISO 8601; UTC where no zone is named.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? Within(time) : null;

    /// <summary>Milliseconds since 1970, as JavaScript writes times.</summary>
    public static DateTimeOffset? OfMilliseconds(long? milliseconds) =>
        milliseconds is > 0 and < 253_370_764_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds.Value) : null;

    /// <summary>Seconds since 1970.</summary>
    public static DateTimeOffset? OfSeconds(long? seconds) => seconds is > 0 and < 253_370_764_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : null;

    /// <summary>The time itself, unless it is at the edge of the calendar.</summary>
    public static DateTimeOffset? Within(DateTimeOffset time) => time.Year is > 1 and < 9999 ? time : null;
}
