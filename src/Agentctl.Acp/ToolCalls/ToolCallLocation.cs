using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A place that a tool call is about.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Line">Counted from 1.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ToolCallLocation(string Path, ulong? Line = null, JsonElement? Meta = null) : IAcpMessage<ToolCallLocation>
{
    /// <inheritdoc/>
    public static ToolCallLocation Read(JsonElement json)
    {
        var fields = new Fields(json, "toolCallLocation");
        return new ToolCallLocation(fields.Text("path"), fields.LenientSize("line"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("path", Path);
        json.Optional("line", Line);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
