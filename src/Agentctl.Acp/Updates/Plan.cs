using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>One step of a plan.</summary>
/// <param name="Content">What is to be done.</param>
/// <param name="Priority">high, medium, low.</param>
/// <param name="Status">pending, in_progress, completed.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PlanEntry(string Content, string Priority, string Status, JsonElement? Meta = null) : IAcpMessage<PlanEntry>
{
    /// <inheritdoc/>
    public static PlanEntry Read(JsonElement json)
    {
        var fields = new Fields(json, "planEntry");
        return new PlanEntry(fields.Text("content"), fields.Text("priority"), fields.Text("status"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("content", Content);
        json.WriteString("priority", Priority);
        json.WriteString("status", Status);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
