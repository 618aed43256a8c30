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
