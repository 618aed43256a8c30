using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A slash command that prompts may begin with.</summary>
/// <param name="Name">Without the slash.</param>
/// <param name="Description">For people.</param>
/// <param name="Input">What follows it.</param>
/// <param name="Meta">Extension data.</param>
public sealed record AvailableCommand(string Name, string Description, CommandInput? Input = null, JsonElement? Meta = null) : IAcpMessage<AvailableCommand>
{
    /// <inheritdoc/>
    public static AvailableCommand Read(JsonElement json)
    {
        var fields = new Fields(json, "availableCommand");
        return new AvailableCommand(fields.Text("name"), fields.Text("description"), fields.LenientObject<CommandInput>("input"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("description", Description);
        json.Object("input", Input);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>What follows a command.</summary>
/// <param name="Hint">Shown while there is none.</param>
/// <param name="Meta">Extension data.</param>
public sealed record CommandInput(string Hint, JsonElement? Meta = null) : IAcpMessage<CommandInput>
{
    /// <inheritdoc/>
    public static CommandInput Read(JsonElement json)
    {
        var fields = new Fields(json, "commandInput");
        return new CommandInput(fields.Text("hint"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("hint", Hint);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
