using System.Globalization;
using System.Text;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// Makes foreign text harmless for a terminal: prompts and transcripts are untrusted and may hold escape sequences,
/// direction overrides or invisible characters that make a line read otherwise than it is.
/// </summary>
internal static class PlainText
{
    /// <summary>Everything on one line: white space of any kind becomes one blank, what cannot be seen is left out.</summary>
    public static string OneLine(string text)
    {
        if (IsPlain(text) && !text.Contains("  ", StringComparison.Ordinal) && text is not ([' ', ..] or [.., ' ']))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in Harmless(text))
        {
            if (!Rune.IsWhiteSpace(rune))
            {
                Append(clean, rune);
            }
            else if (clean.Length > 0 && clean[^1] != ' ')
            {
                clean.Append(' ');
            }
        }

        return clean.ToString().TrimEnd(' ');
    }

    /// <summary>Everything on one line, blanks as they are: white space of any kind becomes a blank, what cannot be seen is left out.</summary>
    public static string Line(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in Harmless(text))
        {
            if (Rune.IsWhiteSpace(rune))
            {
                clean.Append(' ');
            }
            else
            {
                Append(clean, rune);
            }
        }

        return clean.ToString();
    }

    /// <summary>The lines of a longer text; a tab becomes blanks.</summary>
    public static IReadOnlyList<string> Lines(string text)
    {
        var lines = new List<string>();
        if (IsPlain(text))
        {
            lines.Add(text.TrimEnd());
            return lines;
        }

        var line = new StringBuilder();
        foreach (var rune in Harmless(text))
        {
            if (IsLineBreak(rune))
            {
                lines.Add(line.ToString().TrimEnd());
                line.Clear();
            }
            else if (rune.Value == '\t')
            {
                line.Append(' ', 4 - line.Length % 4);
            }
            else if (!Rune.IsWhiteSpace(rune) || rune.Value == ' ')
            {
                Append(line, rune);
            }
            else if (rune.Value != '\r')
            {
                line.Append(' ');
            }
        }

        lines.Add(line.ToString().TrimEnd());
        return lines;
    }

    /// <summary>As it is but for what is harmful: line feeds and tabs stay.</summary>
    public static string Block(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in Harmless(text))
        {
            if (IsLineBreak(rune))
            {
                clean.Append('\n');
            }
            else if (!Rune.IsWhiteSpace(rune) || rune.Value is ' ' or '\t')
            {
                Append(clean, rune);
            }
            else if (rune.Value != '\r')
            {
                clean.Append(' ');
            }
        }

        return clean.ToString();
    }

    private static bool IsLineBreak(Rune rune) => rune.Value is '\n' or 0x2028 or 0x2029 or 0x85;

    /// <summary>Nearly all text is: printable ASCII on one line needs no second look.</summary>
    private static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>The text without escape sequences, control, format and direction characters; white space stays.</summary>
    private static IEnumerable<Rune> Harmless(string text)
    {
        // One search that finds no terminator is the last: each further one would read the whole rest again.
        var hasTerminator = true;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
            if (rune.Value is 0x1b or 0x9b or 0x9d or 0x90)
            {
                at = AfterEscape(text, at, ref hasTerminator);
                continue;
            }

            at += length;
            if (Rune.IsWhiteSpace(rune) ||
                Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate))
            {
                yield return rune;
            }
        }
    }

    /// <summary>Index behind the escape sequence at <paramref name="at"/> (ECMA-48: CSI, OSC and the string kinds, or two characters).</summary>
    private static int AfterEscape(string text, int at, ref bool hasTerminator)
    {
        var kind = text[at] switch
        {
            '\u009b' => '[',
            '\u009d' or '\u0090' => ']',
            _ => at + 1 < text.Length ? text[at + 1] : '\0',
        };
        var from = at + (text[at] == '\u001b' ? 2 : 1);
        switch (kind)
        {
            case '[':
                while (from < text.Length && text[from] is >= ' ' and <= '?')
                {
                    from++;
                }

                return from < text.Length && text[from] is >= '@' and <= '~' ? from + 1 : from;
            case ']' or 'P' or 'X' or '^' or '_':
                // Up to BEL or ST. One that never ends is text that only looks like a sequence: only its start goes.
                for (var end = from; hasTerminator && end < text.Length; end++)
                {
                    if (text[end] is '\u0007' or '\u009c')
                    {
                        return end + 1;
                    }

                    if (text[end] == '\u001b' && end + 1 < text.Length && text[end + 1] == '\\')
                    {
                        return end + 2;
                    }
                }

                hasTerminator = false;
                return from;
            default:
                return at + 1;
        }
    }

    private static void Append(StringBuilder text, Rune rune)
    {
        Span<char> chars = stackalloc char[2];
        text.Append(chars[..rune.EncodeToUtf16(chars)]);
    }
}
