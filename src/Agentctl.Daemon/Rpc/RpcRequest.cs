using System.Globalization;
using System.Text.Json;

namespace Agentctl.Daemon;

/// <summary>
/// One request of the Node tool:
/// <code>
/// {"id":"7","method":"session.status","params":{"id":"1111","adapter":"claude-code"}}
/// </code>
/// </summary>
internal sealed class RpcRequest(string id, string method, JsonElement parameters)
{
    public string Id => id;
    public string Method => method;

    /// <summary>Null for what is no request: the Node daemon says nothing to that either.</summary>
    public static RpcRequest? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("method", out var method) && method.GetString() is { } name
                ? new RpcRequest(
                    root.TryGetProperty("id", out var id) ? id.ValueKind == JsonValueKind.String ? id.GetString()! : id.GetRawText() : "",
                    name,
                    root.TryGetProperty("params", out var parameters) ? parameters.Clone() : default)
                : null;
        }
        catch (Exception nonsense) when (nonsense is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <exception cref="RpcRefusedException">It is not there.</exception>
    public string Required(string name) => Text(name) is { Length: > 0 } text ? text : throw new RpcRefusedException($"{method} needs \"{name}\"");

    public string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public bool Flag(string name) => Value(name) is { ValueKind: JsonValueKind.True };

    public long? Number(string name) => Value(name) is not { ValueKind: JsonValueKind.Number } value ? null
        : value.TryGetInt64(out var whole) ? whole
        : value.TryGetDouble(out var number) && Math.Abs(number) < long.MaxValue / 2 ? (long)number
        : throw new RpcRefusedException(string.Create(CultureInfo.InvariantCulture, $"\"{name}\" is no number that makes sense"));

    /// <summary>An object's texts.</summary>
    public IReadOnlyDictionary<string, string>? Texts(string name) => Value(name) is { ValueKind: JsonValueKind.Object } value
        ? value.EnumerateObject().Where(static one => one.Value.ValueKind == JsonValueKind.String).ToDictionary(static one => one.Name, static one => one.Value.GetString()!)
        : null;

    private JsonElement? Value(string name) => parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value) ? value : null;
}

/// <summary>An answer that is an error.</summary>
internal sealed class RpcRefusedException(string message) : Exception(message);
