using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>authenticate</c>. Answered with <see cref="Empty"/>.</summary>
/// <param name="MethodId">One of the agent's <see cref="AuthMethod"/>s that it carries out itself.</param>
/// <param name="Meta">Extension data.</param>
public sealed record AuthenticateRequest(string MethodId, JsonElement? Meta = null) : IAcpMessage<AuthenticateRequest>
{
    /// <inheritdoc/>
    public static AuthenticateRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "authenticateRequest");
        return new AuthenticateRequest(fields.Text("methodId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("methodId", MethodId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
