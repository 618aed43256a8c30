using System.Globalization;

namespace Agentctl.Cli.Commands;

/// <summary>A point in time as people type it: how long ago (<c>90s</c>, <c>30m</c>, <c>12h</c>, <c>3d</c>, <c>2w</c>), or a date, local unless it says otherwise.</summary>
internal static class Since
{
    public static DateTimeOffset? Parse(string text, TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (text.Length >= 2 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            TimeSpan? unit = text[^1] switch
            {
                's' => TimeSpan.FromSeconds(1),
                'm' => TimeSpan.FromMinutes(1),
                'h' => TimeSpan.FromHours(1),
                'd' => TimeSpan.FromDays(1),
                'w' => TimeSpan.FromDays(7),
                _ => null,
            };
            if (unit is { } known)
            {
                return count < (now - DateTimeOffset.UnixEpoch) / known ? now - known * count : null;
            }
        }

        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var date))
        {
            return null;
        }

        return date.Kind == DateTimeKind.Unspecified
            ? new DateTimeOffset(date, time.LocalTimeZone.GetUtcOffset(date)).ToUniversalTime()
            : new DateTimeOffset(date).ToUniversalTime();
    }
}
