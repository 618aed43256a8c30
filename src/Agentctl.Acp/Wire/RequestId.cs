using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A request's id as the other side wrote it, byte for byte: a number, a string or null.</summary>
public readonly record struct RequestId
{
    private RequestId(string json) => Json = json;

    /// <summary>The JSON of it.</summary>
    public string Json { get; } = "null";

    /// <summary>The id of answers to what had none.</summary>
    internal static readonly RequestId None = new("null");

    /// <summary>An id of ours.</summary>
    public static RequestId Of(long number) => new(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>An id of ours that is a text.</summary>
    public static RequestId Of(string text) => new($"\"{JsonEncodedText.Encode(text)}\"");

    /// <exception cref="AcpFormatException">It is no number, string or null.</exception>
    internal static RequestId Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Of(json.GetString()!),
        JsonValueKind.Null => new RequestId("null"),
        JsonValueKind.Number => new RequestId(json.GetRawText()),
        _ => throw new AcpFormatException("id", "must be a number, a string or null"),
    };

    internal void Write(Utf8JsonWriter json, string name)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Encoding.UTF8.GetBytes(Json ?? "null"));
    }

    /// <inheritdoc/>
    public override string ToString() => Json ?? "null";
}
