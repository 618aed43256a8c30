using System.Text;
using System.Text.Unicode;

namespace Agentctl.Acp;

/// <summary>
/// Makes a line of the other side readable as JSON text: no reader below this gate meets bytes that are not UTF-8, half a character, or
/// a byte order mark. What is wrong becomes U+FFFD; what is JSON stays JSON.
/// </summary>
public static class WireText
{
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
