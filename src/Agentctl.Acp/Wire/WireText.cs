using System.Text;
using System.Text.Unicode;

namespace Agentctl.Acp;

/// <summary>
/// Makes a line of the other side readable as JSON text: no reader below this gate meets bytes that are not UTF-8, half a character, or
/// a byte order mark. What is wrong becomes U+FFFD; what is JSON stays JSON.
/// </summary>
public static class WireText
{
    /// <summary>How many bytes of a line <see cref="Beginning"/> shows.</summary>
    public const int BeginningLength = 80;

    /// <summary>The beginning of a line, for people: what is not printable ASCII becomes a question mark.</summary>
    public static string Beginning(ReadOnlySpan<byte> line)
    {
        var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, BeginningLength)]);
        return string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
            }
        });
    }

    /// <summary>Returns the line itself when it needs no repair, which is nearly always.</summary>
    public static ReadOnlyMemory<byte> Repaired(ReadOnlyMemory<byte> line)
    {
        if (line.Span.StartsWith("\uFEFF"u8))
        {
            line = line["\uFEFF"u8.Length..];
        }

        return HalfPairs.Mended(Utf8.IsValid(line.Span) ? line : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line.Span)));
    }
}
