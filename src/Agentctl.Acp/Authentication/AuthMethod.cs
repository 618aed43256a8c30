using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A way to log in.</summary>
public sealed record AuthMethod : IAcpMessage<AuthMethod>
{
    /// <summary>What <c>authenticate</c> names it by.</summary>
    public required string Id { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>For people.</summary>
    public string? Description { get; init; }

    /// <summary>
    /// Null when the agent carries it out itself. Else the agent's program is to be run in a terminal with these arguments appended, and
    /// its id is never passed to <c>authenticate</c>.
    /// </summary>
    public IReadOnlyList<string>? TerminalArgs { get; init; }

    /// <summary>Variables to add when it is run in a terminal.</summary>
    public IReadOnlyDictionary<string, string> TerminalEnv { get; init; } = new Dictionary<string, string>();

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static AuthMethod Read(JsonElement json)
    {
        var fields = new Fields(json, "authMethod");
        var isTerminal = fields.LenientText("type") == "terminal";
        return new AuthMethod
        {
            Id = fields.Text("id"),
            Name = fields.Text("name"),
            Description = fields.LenientText("description"),
            TerminalArgs = isTerminal ? fields.OptionalTexts("args") : null,
            TerminalEnv = isTerminal ? fields.OptionalMap("env") : new Dictionary<string, string>(),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (TerminalArgs is not null)
        {
            json.WriteString("type", "terminal");
        }

        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.Optional("description", Description);
        json.Texts("args", TerminalArgs);
        if (TerminalEnv.Count > 0)
        {
            json.Map("env", TerminalEnv);
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }
}
