using System.Globalization;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// One request of the Node tool:
/// <code>
/// {"id":"7","method":"session.status","params":{"id":"1111","adapter":"claude-code"}}
/// </code>
/// </summary>
/// <param name="id">A JSON string, as the answer repeats it.</param>
internal sealed class RpcRequest(ReadOnlyMemory<byte> id, string method, JsonElement parameters)
{
    /// <summary>Deeper than any request of meaning.</summary>
    private const int MostLevels = 512;

    /// <summary>Text for an agent may hold any character; everything else becomes a path, a name, an argument or a variable.</summary>
    private static readonly string[] AnyText = ["prompt", "message"];

    private static readonly ReadOnlyMemory<byte> NoId = "\"\""u8.ToArray();

    public ReadOnlyMemory<byte> Id => id;
    public string Method => method;

    /// <summary>Null for what is no request: the Node daemon says nothing to that either. What has an id is one, and is answered.</summary>
    public static RpcRequest? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MostLevels });
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var (id, method) = (Member(root, "id"), Member(root, "method"));
            var name = method is { } value ? TextOf(value) : null;
            return name is null && id is null ? null : new RpcRequest(id is { } told ? IdOf(told) : NoId, name ?? "", Member(root, "params")?.Clone() ?? default);
        }
        catch (JsonException)
        {
            return IdBeforeDamage(line) is { } id ? new RpcRequest(id, "", default) : null;
        }
    }

    /// <summary>The id of a line that is damaged behind it.</summary>
    private static ReadOnlyMemory<byte>? IdBeforeDamage(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MostLevels });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && IsId(ref reader) && reader.Read())
                {
                    using var id = JsonDocument.ParseValue(ref reader);
                    return IdOf(id.RootElement);
                }
            }
        }
        catch (JsonException)
        {
            // Damaged before any id.
        }

        return null;
    }

    private static bool IsId(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.ValueTextEquals("id"u8);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A text as it came, whatever half of a character it holds; of anything else its JSON as a text.</summary>
    private static ReadOnlyMemory<byte> IdOf(JsonElement id) => id.ValueKind == JsonValueKind.String && TextOf(id) is null
        ? HalfPairs.Mended(System.Text.Encoding.UTF8.GetBytes(id.GetRawText()))
        : JsonSerializer.SerializeToUtf8Bytes(id.ValueKind == JsonValueKind.String ? id.GetString()! : id.GetRawText(), ApiJson.Readable.String);

    /// <summary>The last member of this name, or null. Unlike TryGetProperty it skips names that are not valid Unicode.</summary>
    private static JsonElement? Member(JsonElement value, string name)
    {
        JsonElement? found = null;
        foreach (var member in value.EnumerateObject())
        {
            try
            {
                found = member.NameEquals(name) ? member.Value : found;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair: the name of nothing that is read here.
            }
        }

        return found;
    }

    /// <summary>Null for what is no text, or not Unicode.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <exception cref="RpcRefusedException">It is not there.</exception>
    public string Required(string name) => Text(name) is { Length: > 0 } text ? text : throw new RpcRefusedException($"{method} needs \"{name}\"");

    /// <exception cref="RpcRefusedException">It is text that cannot be meant.</exception>
    public string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } value ? Checked(name, value) : null;

    public bool Flag(string name) => Value(name) is { ValueKind: JsonValueKind.True };

    public long? Number(string name) => Value(name) is not { ValueKind: JsonValueKind.Number } value ? null
        : value.TryGetInt64(out var whole) ? whole
        : value.TryGetDouble(out var number) && Math.Abs(number) < long.MaxValue / 2 ? (long)number
        : throw new RpcRefusedException(string.Create(CultureInfo.InvariantCulture, $"\"{name}\" is no number that makes sense"));

    /// <summary>An object's texts. Of a name that is there twice the last one counts, as in the Node tool.</summary>
    public IReadOnlyDictionary<string, string>? Texts(string name)
    {
        if (Value(name) is not { ValueKind: JsonValueKind.Object } value)
        {
            return null;
        }

        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var one in value.EnumerateObject())
        {
            var key = KeyOf(name, one);
            if (one.Value.ValueKind == JsonValueKind.String)
            {
                texts[key] = Checked($"{name}.{key}", one.Value);
            }
        }

        return texts;
    }

    private string KeyOf(string name, JsonProperty one)
    {
        try
        {
            return one.Name.Contains('\0', StringComparison.Ordinal) ? throw new RpcRefusedException($"a key of \"{name}\" of {method} holds a NUL character") : one.Name;
        }
        catch (InvalidOperationException)
        {
            throw new RpcRefusedException($"a key of \"{name}\" of {method} is not valid Unicode text");
        }
    }

    private string Checked(string name, JsonElement value) =>
        TextOf(value) is not { } text ? throw new RpcRefusedException($"\"{name}\" of {method} is not valid Unicode text")
        : text.Contains('\0', StringComparison.Ordinal) && !AnyText.Contains(name) ? throw new RpcRefusedException($"\"{name}\" of {method} holds a NUL character")
        : text;

    private JsonElement? Value(string name) => parameters.ValueKind == JsonValueKind.Object ? Member(parameters, name) : null;
}

/// <summary>An answer that is an error.</summary>
internal sealed class RpcRefusedException(string message) : Exception(message);
