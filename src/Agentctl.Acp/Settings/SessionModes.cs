using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>The modes of a session.</summary>
/// <param name="CurrentModeId">The mode in force.</param>
/// <param name="AvailableModes">All it may be in.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionModes(string CurrentModeId, IReadOnlyList<SessionMode> AvailableModes, JsonElement? Meta = null) : IAcpMessage<SessionModes>
{
    /// <inheritdoc/>
    public static SessionModes Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionModes");
        return new SessionModes(fields.Text("currentModeId"), fields.RequiredLenientList<SessionMode>("availableModes"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("currentModeId", CurrentModeId);
        json.List("availableModes", AvailableModes);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>One mode.</summary>
/// <param name="Id">What it is set by.</param>
/// <param name="Name">For people.</param>
/// <param name="Description">For people.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionMode(string Id, string Name, string? Description = null, JsonElement? Meta = null) : IAcpMessage<SessionMode>
{
    /// <inheritdoc/>
    public static SessionMode Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionMode");
        return new SessionMode(fields.Text("id"), fields.Text("name"), fields.LenientText("description"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.Optional("description", Description);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>session/set_mode</c>. Answered with <see cref="Empty"/>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="ModeId">One of <see cref="SessionModes.AvailableModes"/>.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SetModeRequest(string SessionId, string ModeId, JsonElement? Meta = null) : IAcpMessage<SetModeRequest>
{
    /// <inheritdoc/>
    public static SetModeRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "setModeRequest");
        return new SetModeRequest(fields.Text("sessionId"), fields.Text("modeId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("modeId", ModeId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary><c>current_mode_update</c>: the agent changed its mode.</summary>
/// <param name="CurrentModeId">The mode in force now.</param>
/// <param name="Meta">Extension data.</param>
public sealed record CurrentMode(string CurrentModeId, JsonElement? Meta = null) : IAcpMessage<CurrentMode>
{
    /// <inheritdoc/>
    public static CurrentMode Read(JsonElement json)
    {
        var fields = new Fields(json, "currentMode");
        return new CurrentMode(fields.Text("currentModeId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("currentModeId", CurrentModeId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
