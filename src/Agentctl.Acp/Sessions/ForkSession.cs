using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Unstable params of <c>session/fork</c>: a new session that goes on from another. Answered with <see cref="SessionResponse"/>.</summary>
/// <param name="SessionId">The session to go on from.</param>
/// <param name="Cwd">Absolute path to work in.</param>
/// <param name="McpServers">Servers for the new session.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ForkSessionRequest(string SessionId, string Cwd, IReadOnlyList<McpServer>? McpServers = null, JsonElement? Meta = null) : IAcpMessage<ForkSessionRequest>
{
    /// <inheritdoc/>
    public static ForkSessionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "forkSessionRequest");
        return new ForkSessionRequest(fields.Text("sessionId"), fields.Text("cwd"), fields.OptionalList<McpServer>("mcpServers"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("cwd", Cwd);
        json.List("mcpServers", McpServers);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
