using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Agentctl.Core;

/// <summary>
/// The gate for JSON that other programs wrote. No sequence of bytes makes it throw: a record is read, or the caller gets a
/// <see cref="JsonDamage"/>. Texts of an element that came through the gate can always be read.
/// </summary>
public static class ForeignJson
{
    /// <summary>Deeper nesting counts as damage.</summary>
    public const int DeepestNesting = 1000;

    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = DeepestNesting };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>A reader of one record that was cleaned with <see cref="Clean"/>.</summary>
    public static Utf8JsonReader Reader(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions { MaxDepth = DeepestNesting });

    /// <summary>
    /// The record without what a crash or an editor left around it (a byte order mark, NUL bytes, a carriage return at its end), its
    /// text valid: bytes that are no UTF-8 and halves of surrogate pairs are replaced by U+FFFD. Nearly always the same bytes.
    /// </summary>
    public static ReadOnlyMemory<byte> Clean(ReadOnlyMemory<byte> record)
    {
        record = Trim(record);
        if (!Utf8.IsValid(record.Span))
        {
            record = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(record.Span));
        }

        return HalfPairs.Mended(record);
    }

    /// <summary>Reads one object; what follows it counts as damage.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> record, out JsonElement json, [NotNullWhen(false)] out JsonDamage? damage)
    {
        var document = TryOpen(Clean(record), out var found);
        json = document?.RootElement ?? default;
        damage = document is null ? found! : null;
        return document is not null;
    }

    /// <summary>Opens one object that was cleaned with <see cref="Clean"/>, as lines of files are; the caller disposes of the document.</summary>
    public static JsonDocument? TryOpen(ReadOnlyMemory<byte> record, out JsonDamage? damage)
    {
        damage = null;
        if (record.IsEmpty)
        {
            damage = new JsonDamage("it is empty", 0);
            return null;
        }

        try
        {
            var document = JsonDocument.Parse(record, DocumentOptions);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            damage = new JsonDamage($"it is a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()}, not an object", 0);
            document.Dispose();
        }
        catch (JsonException exception)
        {
            damage = DamageOf(exception, record.Span);
        }

        return null;
    }

    /// <summary>What a reader could not read, in a sentence for people.</summary>
    public static JsonDamage DamageOf(JsonException exception, ReadOnlySpan<byte> json)
    {
        var offset = OffsetOf(exception, json);
        if (offset >= json.Length)
        {
            return new JsonDamage("it ends in the middle", offset);
        }

        // The position that the runtime adds to its message counts from the record, not from the file.
        var text = exception.Message;
        var position = text.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return new JsonDamage($"it is not valid JSON: {(position < 0 ? text : text[..position]).TrimEnd('.')}", offset);
    }

    /// <summary>The text of a property of the outermost object of one line, which need not be JSON; null when there is none.</summary>
    public static string? TopText(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        // A line of a file is clean already; a line from elsewhere rarely is not.
        if (!Utf8.IsValid(line) || line.IndexOf("\\u"u8) >= 0)
        {
            line = Clean(line.ToArray()).Span;
        }

        var reader = Reader(line);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return null;
    }

    private static ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> record)
    {
        var span = record.Span;
        var start = 0;
        while (start < span.Length)
        {
            if (span[start] == 0)
            {
                start++;
            }
            else if (span[start..].StartsWith(ByteOrderMark))
            {
                start += ByteOrderMark.Length;
            }
            else
            {
                break;
            }
        }

        var end = span.Length;
        while (end > start && span[end - 1] is 0 or (byte)'\r')
        {
            end--;
        }

        return record[start..end];
    }

    private static long OffsetOf(JsonException exception, ReadOnlySpan<byte> json)
    {
        var offset = 0;
        for (var line = exception.LineNumber ?? 0; line > 0 && json[offset..].IndexOf((byte)'\n') is >= 0 and var feed; line--)
        {
            offset += feed + 1;
        }

        return offset + (exception.BytePositionInLine ?? 0);
    }
}
