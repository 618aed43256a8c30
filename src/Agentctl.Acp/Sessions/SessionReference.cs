using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params that only name a session: of <c>session/close</c>, <c>session/delete</c>, <c>session/cancel</c>.</summary>
/// <param name="SessionId">As the agent gave it.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionReference(string SessionId, JsonElement? Meta = null) : IAcpMessage<SessionReference>
{
    /// <inheritdoc/>
    public static SessionReference Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionReference");
        return new SessionReference(fields.Text("sessionId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
