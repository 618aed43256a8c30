namespace Agentctl.Core;

/// <summary>
/// JavaScript cuts texts between the two halves of a character outside the basic plane, and writes the half that is left as an escape
/// (<c>"\ud83d"</c>). That is JSON by its grammar, and no Unicode: readers refuse the whole text. Agents write it every day, whenever
/// they cut something short behind an emoji.
/// </summary>
public static class HalfPairs
{
    private const int EscapeLength = 6;

    /// <summary>The same JSON with every half that stands alone replaced by U+FFFD. Nothing moves: an escape gives way to an escape.</summary>
    /// <returns>The bytes themselves where there is nothing to mend, as nearly always.</returns>
    public static ReadOnlyMemory<byte> Mended(ReadOnlyMemory<byte> json)
    {
        if (NextAlone(json.Span, 0) < 0)
        {
            return json;
        }

        var copy = json.ToArray();
        Mend(copy);
        return copy;
    }

    /// <summary>The same in place.</summary>
    public static void Mend(Span<byte> json)
    {
        for (var at = 0; (at = NextAlone(json, at)) >= 0; at += EscapeLength)
        {
            "fffd"u8.CopyTo(json[(at + 2)..]);
        }
    }

    /// <summary>Where the next escape of a half without its other half begins, or -1.</summary>
    private static int NextAlone(ReadOnlySpan<byte> json, int from)
    {
        while (json[from..].IndexOf("\\u"u8) is >= 0 and var found)
        {
            from += found;
            var isFirst = IsHalf(json, from, low: false);
            if (IsEscaped(json, from) || !(isFirst || IsHalf(json, from, low: true)))
            {
                from += 2;
            }
            else if (isFirst && IsHalf(json, from + EscapeLength, low: true))
            {
                from += 2 * EscapeLength;
            }
            else
            {
                return from;
            }
        }

        return -1;
    }

    /// <summary>A backslash behind a backslash is text.</summary>
    private static bool IsEscaped(ReadOnlySpan<byte> json, int backslash)
    {
        var before = backslash;
        while (before > 0 && json[before - 1] == (byte)'\\')
        {
            before--;
        }

        return (backslash - before) % 2 == 1;
    }

    // \ud800 to \udbff come first in a pair, \udc00 to \udfff second. What is not four hexadecimal digits is no escape, and may be part of another character.
    private static bool IsHalf(ReadOnlySpan<byte> json, int at, bool low) =>
        json.Length - at >= EscapeLength && json[at] == (byte)'\\' && json[at + 1] == (byte)'u' && json[at + 2] is (byte)'d' or (byte)'D'
        && (low ? json[at + 3] is (>= (byte)'c' and <= (byte)'f') or (>= (byte)'C' and <= (byte)'F') : json[at + 3] is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'b' or (byte)'A' or (byte)'B')
        && char.IsAsciiHexDigit((char)json[at + 4]) && char.IsAsciiHexDigit((char)json[at + 5]);
}
