using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>What a session has cost so far.</summary>
/// <param name="Amount">In <paramref name="Currency"/>.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Meta">Extension data.</param>
public sealed record Cost(double Amount, string Currency, JsonElement? Meta = null) : IAcpMessage<Cost>
{
    /// <inheritdoc/>
    public static Cost Read(JsonElement json)
    {
        var fields = new Fields(json, "cost");
        return new Cost(fields.Real("amount"), fields.Text("currency"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("amount", Amount);
        json.WriteString("currency", Currency);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
