using System.Globalization;

namespace Agentctl.Cli.Commands;

/// <summary>A length of time as people type it: <c>30s</c>, <c>5m</c>, <c>1.5h</c>, <c>250ms</c>; a bare number is seconds.</summary>
internal static class Duration
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400), ("", 1)];

    /// <summary>Seconds, 0 or more; null when the text is no length of time. The option decides how long it may be.</summary>
    public static double? Parse(string text)
    {
        foreach (var (unit, seconds) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count * seconds < TimeSpan.MaxValue.TotalSeconds / 2)
            {
                return count * seconds;
            }
        }

        return null;
    }
}
