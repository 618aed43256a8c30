using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>session/new</c>.</summary>
/// <param name="Cwd">Absolute path to work in.</param>
/// <param name="McpServers">Servers for the session; the member must be there, null counts as none.</param>
/// <param name="AdditionalDirectories">Absolute paths; only with that capability.</param>
/// <param name="Meta">Extension data.</param>
public sealed record NewSessionRequest(
    string Cwd,
    IReadOnlyList<McpServer> McpServers,
    IReadOnlyList<string>? AdditionalDirectories = null,
    JsonElement? Meta = null) : IAcpMessage<NewSessionRequest>
{
    /// <inheritdoc/>
    public static NewSessionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "newSessionRequest");
        return new NewSessionRequest(
            fields.Text("cwd"),
            fields.List<McpServer>("mcpServers", nullIsEmpty: true),
            fields.OptionalTexts("additionalDirectories") is { Count: > 0 } more ? more : null,
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("cwd", Cwd);
        json.List("mcpServers", McpServers);
        json.Texts("additionalDirectories", AdditionalDirectories);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>session/new</c>.</summary>
/// <param name="SessionId">Opaque; unique only per agent.</param>
/// <param name="Modes">The modes it offers.</param>
/// <param name="ConfigOptions">The options it offers.</param>
/// <param name="Models">Legacy: its models, set by <c>session/set_model</c>.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionResponse(
    string SessionId,
    SessionModes? Modes = null,
    IReadOnlyList<ConfigOption>? ConfigOptions = null,
    LegacyModels? Models = null,
    JsonElement? Meta = null) : IAcpMessage<SessionResponse>
{
    /// <inheritdoc/>
    public static SessionResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionResponse");
        return new SessionResponse(
            fields.Text("sessionId"),
            fields.LenientObject<SessionModes>("modes"),
            fields.LenientList<ConfigOption>("configOptions"),
            fields.LenientObject<LegacyModels>("models"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.Object("modes", Modes);
        json.List("configOptions", ConfigOptions);
        json.Object("models", Models);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
