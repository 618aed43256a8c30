using System.Text;
using System.Text.Json;

namespace Agentctl.Cli.Configuration;

/// <summary>Changes one key of a JSON object and not one byte more: unknown keys, comments and layout stay.</summary>
internal static class ConfigEdit
{
    /// <param name="file">The file as it is; empty when there is none.</param>
    /// <param name="value">The new value, as JSON.</param>
    public static byte[] Set(ReadOnlySpan<byte> file, string key, string value)
    {
        var preamble = file.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        if (file[preamble..].IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Encoding.UTF8.GetBytes($$"""
                {
                  {{Quoted(key)}}: {{value}}
                }

                """);
        }

        var place = Find(file[preamble..], key);
        var bytes = new List<byte>(file.Length + value.Length + key.Length + 16);
        if (place.Value is { } old)
        {
            bytes.AddRange(file[..(preamble + old.Start.Value)]);
            bytes.AddRange(Encoding.UTF8.GetBytes(value));
            bytes.AddRange(file[(preamble + old.End.Value)..]);
            return [.. bytes];
        }

        var at = preamble + place.End;
        bytes.AddRange(file[..at]);
        bytes.AddRange(Encoding.UTF8.GetBytes($"{(place.NeedsComma ? "," : "")}\n  {Quoted(key)}: {value}"));
        var rest = file[at..];
        if (rest.IndexOf((byte)'\n') is < 0 or > 0 && rest.TrimStart(" \t"u8) is [(byte)'}', ..])
        {
            bytes.Add((byte)'\n');
        }

        bytes.AddRange(rest);
        return [.. bytes];
    }

    /// <summary>The file without a key, its comma and its line, and nothing else. A key that appears twice is removed twice.</summary>
    public static byte[] Remove(ReadOnlySpan<byte> file, string key)
    {
        var left = file.ToArray();
        while (RemoveFirst(left, key) is { } shorter)
        {
            left = shorter;
        }

        return left;
    }

    private static byte[]? RemoveFirst(byte[] file, string key)
    {
        var preamble = file.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var json = file.AsSpan(preamble);
        if (json.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return null;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        int? previousEnd = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (start, isKey) = ((int)reader.TokenStartIndex, reader.ValueTextEquals(key));
            reader.Read();
            reader.Skip();
            var end = (int)reader.BytesConsumed;
            if (isKey)
            {
                var comma = Comma(json, end);
                var (from, to) = WholeLine(json, start, comma is { } after ? after + 1 : end);
                var before = comma is null && previousEnd is { } previous ? Comma(json, previous) : null;
                return [.. file[..preamble], .. before is { } at ? [.. json[..at], .. json[(at + 1)..from]] : json[..from], .. json[to..]];
            }

            previousEnd = end;
        }

        return null;
    }

    /// <summary>Where the comma after a value stands, behind spaces and comments; null when there is none.</summary>
    private static int? Comma(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length)
        {
            switch (json[at])
            {
                case (byte)',':
                    return at;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    at++;
                    break;
                case (byte)'/':
                    var (closing, length) = json[at + 1] == (byte)'*' ? (json[(at + 2)..].IndexOf("*/"u8) + 2, 2) : (json[at..].IndexOfAny("\r\n"u8), 1);
                    at = closing < 0 ? json.Length : at + closing + length;
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The range, widened to its line where nothing else is on it.</summary>
    private static (int From, int To) WholeLine(ReadOnlySpan<byte> json, int start, int end)
    {
        var from = start;
        while (from > 0 && json[from - 1] is (byte)' ' or (byte)'\t')
        {
            from--;
        }

        var to = end;
        while (to < json.Length && json[to] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            to++;
        }

        return from > 0 && json[from - 1] == (byte)'\n' && to < json.Length && json[to] == (byte)'\n' ? (from, to + 1) : (start, end);
    }

    /// <summary>Whether a text is exactly one JSON value, so that nothing else gets into the file with it.</summary>
    public static bool IsOneValue(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        try
        {
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static string Quoted(string text) =>
        $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <param name="Value">Where the key's value stands, the last one if the key is there twice; null = it is not there.</param>
    /// <param name="End">Behind the last value, or behind the opening brace: where a new key goes.</param>
    private readonly record struct Place(Range? Value, int End, bool NeedsComma);

    private static Place Find(ReadOnlySpan<byte> json, string key)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        var end = (int)reader.BytesConsumed;
        var count = 0;
        Range? found = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = reader.ValueTextEquals(key);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            end = (int)reader.BytesConsumed;
            count++;
            found = isKey ? start..end : found;
        }

        var hasTrailingComma = count > 0 && json[end..].TrimStart(" \t\r\n"u8) is [(byte)',', ..];
        return new Place(found, hasTrailingComma ? end + json[end..].IndexOf((byte)',') + 1 : end, count > 0 && !hasTrailingComma);
    }
}
