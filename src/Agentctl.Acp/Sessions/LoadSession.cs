using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>session/load</c>: the whole history comes as updates before the answer.</summary>
/// <param name="SessionId">As the agent gave it.</param>
/// <param name="Cwd">Absolute; must be the one it began with.</param>
/// <param name="McpServers">As for a new session.</param>
/// <param name="AdditionalDirectories">The complete list.</param>
/// <param name="Meta">Extension data.</param>
public sealed record LoadSessionRequest(
    string SessionId,
    string Cwd,
    IReadOnlyList<McpServer> McpServers,
    IReadOnlyList<string>? AdditionalDirectories = null,
    JsonElement? Meta = null) : IAcpMessage<LoadSessionRequest>
{
    /// <inheritdoc/>
    public static LoadSessionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "loadSessionRequest");
        return new LoadSessionRequest(
            fields.Text("sessionId"),
            fields.Text("cwd"),
            fields.List<McpServer>("mcpServers", nullIsEmpty: true),
            fields.OptionalTexts("additionalDirectories") is { Count: > 0 } more ? more : null,
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("cwd", Cwd);
        json.List("mcpServers", McpServers);
        json.Texts("additionalDirectories", AdditionalDirectories);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>session/resume</c>: nothing is replayed.</summary>
/// <param name="SessionId">As the agent gave it.</param>
/// <param name="Cwd">Absolute; must be the one it began with.</param>
/// <param name="McpServers">As for a new session, or left out.</param>
/// <param name="AdditionalDirectories">The complete list.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ResumeSessionRequest(
    string SessionId,
    string Cwd,
    IReadOnlyList<McpServer>? McpServers = null,
    IReadOnlyList<string>? AdditionalDirectories = null,
    JsonElement? Meta = null) : IAcpMessage<ResumeSessionRequest>
{
    /// <inheritdoc/>
    public static ResumeSessionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "resumeSessionRequest");
        return new ResumeSessionRequest(
            fields.Text("sessionId"),
            fields.Text("cwd"),
            fields.OptionalList<McpServer>("mcpServers"),
            fields.OptionalTexts("additionalDirectories") is { Count: > 0 } more ? more : null,
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("cwd", Cwd);
        json.List("mcpServers", McpServers);
        json.Texts("additionalDirectories", AdditionalDirectories);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>session/load</c> and <c>session/resume</c>.</summary>
/// <param name="Modes">The modes it offers.</param>
/// <param name="ConfigOptions">The options it offers.</param>
/// <param name="Models">Legacy: its models.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ContinuedSessionResponse(
    SessionModes? Modes = null,
    IReadOnlyList<ConfigOption>? ConfigOptions = null,
    LegacyModels? Models = null,
    JsonElement? Meta = null) : IAcpMessage<ContinuedSessionResponse>
{
    /// <inheritdoc/>
    public static ContinuedSessionResponse Read(JsonElement json)
    {
        // Old agents answer null here.
        if (json.ValueKind == JsonValueKind.Null)
        {
            return new ContinuedSessionResponse();
        }

        var fields = new Fields(json, "continuedSessionResponse");
        return new ContinuedSessionResponse(
            fields.LenientObject<SessionModes>("modes"),
            fields.LenientList<ConfigOption>("configOptions"),
            fields.LenientObject<LegacyModels>("models"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Object("modes", Modes);
        json.List("configOptions", ConfigOptions);
        json.Object("models", Models);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
