using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>session/list</c>.</summary>
/// <param name="Cwd">Only sessions of this directory.</param>
/// <param name="Cursor">Opaque; from the page before.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ListSessionsRequest(string? Cwd = null, string? Cursor = null, JsonElement? Meta = null) : IAcpMessage<ListSessionsRequest>
{
    /// <inheritdoc/>
    public static ListSessionsRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "listSessionsRequest");
        return new ListSessionsRequest(fields.OptionalText("cwd"), fields.OptionalText("cursor"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Optional("cwd", Cwd);
        json.Optional("cursor", Cursor);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>session/list</c>.</summary>
/// <param name="Sessions">One page.</param>
/// <param name="NextCursor">There is more when it is there.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ListSessionsResponse(IReadOnlyList<SessionInfo> Sessions, string? NextCursor = null, JsonElement? Meta = null) : IAcpMessage<ListSessionsResponse>
{
    /// <inheritdoc/>
    public static ListSessionsResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "listSessionsResponse");
        return new ListSessionsResponse(fields.RequiredLenientList<SessionInfo>("sessions"), fields.LenientText("nextCursor"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.List("sessions", Sessions);
        json.Optional("nextCursor", NextCursor);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>One session an agent knows.</summary>
/// <param name="SessionId">Opaque.</param>
/// <param name="Cwd">Absolute.</param>
/// <param name="Title">For people.</param>
/// <param name="UpdatedAt">ISO 8601, as the agent wrote it.</param>
/// <param name="AdditionalDirectories">Further directories.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionInfo(string SessionId, string Cwd, string? Title = null, string? UpdatedAt = null, IReadOnlyList<string>? AdditionalDirectories = null, JsonElement? Meta = null) : IAcpMessage<SessionInfo>
{
    /// <inheritdoc/>
    public static SessionInfo Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionInfo");
        return new SessionInfo(
            fields.Text("sessionId"),
            fields.Text("cwd"),
            fields.LenientText("title"),
            fields.LenientText("updatedAt"), fields.LenientTexts("additionalDirectories"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("cwd", Cwd);
        json.Optional("title", Title);
        json.Optional("updatedAt", UpdatedAt);
        json.Texts("additionalDirectories", AdditionalDirectories);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
