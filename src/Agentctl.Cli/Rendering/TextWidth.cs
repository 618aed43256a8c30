using System.Globalization;
using System.Text;

namespace Agentctl.Cli.Rendering;

/// <summary>How many terminal columns text takes, and cutting by that.</summary>
internal static class TextWidth
{
    public const string Ellipsis = "…";

    public static int Of(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.Length;
        }

        var width = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width += Of(rune);
        }

        return width;
    }

    /// <summary>The start of a text, with an ellipsis when it had to be cut.</summary>
    public static string Fit(string text, int width)
    {
        if (Of(text) <= width)
        {
            return text;
        }

        var kept = new StringBuilder();
        var left = width - 1;
        foreach (var rune in text.EnumerateRunes())
        {
            left -= Of(rune);
            if (left < 0)
            {
                break;
            }

            kept.Append(rune.ToString());
        }

        return kept.ToString().TrimEnd() + Ellipsis;
    }

    /// <summary>The end of a text, with an ellipsis before it when it had to be cut: the end of a path says most.</summary>
    public static string FitEnd(string text, int width)
    {
        if (Of(text) <= width)
        {
            return text;
        }

        var from = 0;
        var left = Of(text);
        foreach (var rune in text.EnumerateRunes())
        {
            if (left < width)
            {
                break;
            }

            left -= Of(rune);
            from += rune.Utf16SequenceLength;
        }

        return Ellipsis + text[from..];
    }

    /// <summary>A text broken at blanks into lines of at most that width; longer words are broken anywhere.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        var used = 0;
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            if (used > 0 && used + 1 + Of(rest) <= width)
            {
                line.Append(' ').Append(rest);
                used += 1 + Of(rest);
                continue;
            }

            if (used > 0)
            {
                yield return line.ToString();
                line.Clear();
            }

            // Cut by index and measured once: a word may be as long as the whole text.
            var from = 0;
            for (var left = Of(rest); left > width;)
            {
                var head = Head(rest.AsSpan(from), width, out var headWidth);
                yield return rest.Substring(from, head);
                from += head;
                left -= headWidth;
            }

            line.Append(rest, from, rest.Length - from);
            used = Of(line.ToString());
        }

        if (used > 0)
        {
            yield return line.ToString();
        }
    }

    /// <summary>How many characters of the text fill the width; at least one.</summary>
    private static int Head(ReadOnlySpan<char> text, int width, out int used)
    {
        var length = 0;
        used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (used + Of(rune) > width && length > 0)
            {
                break;
            }

            used += Of(rune);
            length += rune.Utf16SequenceLength;
        }

        return length;
    }

    private static int Of(Rune rune)
    {
        if (rune.Value < 0x300)
        {
            return 1;
        }

        return Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            ? 0
            : IsWide(rune.Value) ? 2 : 1;
    }

    /// <summary>East Asian Wide and Fullwidth of UAX #11, and the emoji blocks terminals draw two columns wide.</summary>
    private static bool IsWide(int value) => value is
        >= 0x1100 and <= 0x115F or
        >= 0x231A and <= 0x231B or 0x23E9 or 0x23EA or 0x23EB or 0x23EC or 0x23F0 or 0x23F3 or
        >= 0x25FD and <= 0x25FE or >= 0x2614 and <= 0x2615 or >= 0x2648 and <= 0x2653 or 0x267F or 0x2693 or 0x26A1 or
        >= 0x26AA and <= 0x26AB or >= 0x26BD and <= 0x26BE or >= 0x26C4 and <= 0x26C5 or 0x26CE or 0x26D4 or 0x26EA or
        >= 0x26F2 and <= 0x26F3 or 0x26F5 or 0x26FA or 0x26FD or 0x2705 or >= 0x270A and <= 0x270B or 0x2728 or 0x274C or 0x274E or
        >= 0x2753 and <= 0x2755 or 0x2757 or >= 0x2795 and <= 0x2797 or 0x27B0 or 0x27BF or >= 0x2B1B and <= 0x2B1C or 0x2B50 or 0x2B55 or
        >= 0x2E80 and <= 0x303E or >= 0x3041 and <= 0x33FF or >= 0x3400 and <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or
        >= 0xA000 and <= 0xA4CF or >= 0xA960 and <= 0xA97F or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or
        >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or
        >= 0x1F004 and <= 0x1F004 or 0x1F0CF or 0x1F18E or >= 0x1F191 and <= 0x1F19A or >= 0x1F200 and <= 0x1F265 or
        >= 0x1F300 and <= 0x1F64F or >= 0x1F680 and <= 0x1F6FF or >= 0x1F7E0 and <= 0x1F7EB or >= 0x1F900 and <= 0x1F9FF or
        >= 0x1FA70 and <= 0x1FAFF or >= 0x20000 and <= 0x3FFFD;
}
