using System.Globalization;
using System.Text;

namespace Agentctl.Daemon;

/// <summary>
/// The one gate between foreign text and the log: a log is read in terminals, so nothing in it may control one. Line breaks become
/// blanks; every other control or format character becomes its escape (<c>\u001b</c>).
/// </summary>
internal static class LogText
{
    public static string OneLine(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length + 16);
        foreach (var rune in text.ReplaceLineEndings(" ").EnumerateRunes())
        {
            _ = IsHarmless(rune) ? plain.Append(rune.ToString()) : plain.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        }

        return plain.ToString();
    }

    private static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
