using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params or a result that say nothing but, perhaps, <c>_meta</c>. Accepts null too: some agents answer so.</summary>
/// <param name="Meta">Extension data.</param>
public sealed record Empty(JsonElement? Meta = null) : IAcpMessage<Empty>
{
    /// <inheritdoc/>
    public static Empty Read(JsonElement json) =>
        new(json.ValueKind == JsonValueKind.Object ? new Fields(json, "value").Meta : null);

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
