using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Lines that hold more than one message, because an agent has left out the line feed between them.</summary>
public static class MessageLine
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 512 };

    /// <summary>How many bytes the first message takes, with the blanks before it; 0 when the text does not begin with a whole JSON object.</summary>
    public static int LengthOfFirst(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, Deep);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return 0;
            }

            reader.Skip();
            return (int)reader.BytesConsumed;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    /// <summary>The messages of a line, one after the other; what follows the last whole one comes last, as it is.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> line)
    {
        while (LengthOfFirst(line.Span) is > 0 and var length && length < line.Length)
        {
            yield return line[..length];
            line = line[length..];
        }

        yield return line;
    }
}
