using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Who one side is: its name and version.</summary>
/// <param name="Name">For programs.</param>
/// <param name="Version">Any form.</param>
/// <param name="Title">For people.</param>
/// <param name="Meta">Extension data.</param>
public sealed record Implementation(string Name, string Version, string? Title = null, JsonElement? Meta = null) : IAcpMessage<Implementation>
{
    /// <inheritdoc/>
    public static Implementation Read(JsonElement json)
    {
        var fields = new Fields(json, "implementation");
        return new Implementation(fields.Text("name"), fields.Text("version"), fields.LenientText("title"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("version", Version);
        json.Optional("title", Title);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
