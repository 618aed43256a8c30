using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>What an agent offers. Everything is off by default.</summary>
public sealed record AgentCapabilities : IAcpMessage<AgentCapabilities>
{
    /// <summary>It answers <c>session/load</c>.</summary>
    public bool LoadSession { get; init; }

    /// <summary>Prompts may hold pictures.</summary>
    public bool Image { get; init; }

    /// <summary>Prompts may hold sound.</summary>
    public bool Audio { get; init; }

    /// <summary>Prompts may hold embedded resources.</summary>
    public bool EmbeddedContext { get; init; }

    /// <summary>It connects to MCP servers over HTTP.</summary>
    public bool McpHttp { get; init; }

    /// <summary>It connects to MCP servers over server-sent events.</summary>
    public bool McpSse { get; init; }

    /// <summary>It answers <c>session/list</c>.</summary>
    public bool List { get; init; }

    /// <summary>It answers <c>session/resume</c>.</summary>
    public bool Resume { get; init; }

    /// <summary>It answers <c>session/close</c>.</summary>
    public bool Close { get; init; }

    /// <summary>It answers <c>session/delete</c>.</summary>
    public bool Delete { get; init; }

    /// <summary>Unstable: it answers <c>session/fork</c>.</summary>
    public bool Fork { get; init; }

    /// <summary>Sessions may have additional directories.</summary>
    public bool AdditionalDirectories { get; init; }

    /// <summary>It answers <c>logout</c>.</summary>
    public bool Logout { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static AgentCapabilities Read(JsonElement json)
    {
        var fields = new Fields(json, "agentCapabilities");
        var prompt = Inside(fields, "promptCapabilities");
        var mcp = Inside(fields, "mcpCapabilities");
        var session = Inside(fields, "sessionCapabilities");
        return new AgentCapabilities
        {
            LoadSession = fields.LenientFlag("loadSession"),
            Image = prompt?.LenientFlag("image") ?? false,
            Audio = prompt?.LenientFlag("audio") ?? false,
            EmbeddedContext = prompt?.LenientFlag("embeddedContext") ?? false,
            McpHttp = mcp?.LenientFlag("http") ?? false,
            McpSse = mcp?.LenientFlag("sse") ?? false,
            List = session?.Capability("list") ?? false,
            Resume = session?.Capability("resume") ?? false,
            Close = session?.Capability("close") ?? false,
            Delete = session?.Capability("delete") ?? false,
            Fork = session?.Capability("fork") ?? false,
            AdditionalDirectories = session?.Capability("additionalDirectories") ?? false,
            Logout = Inside(fields, "auth")?.Capability("logout") ?? false,
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteBoolean("loadSession", LoadSession);
        json.WriteStartObject("promptCapabilities");
        json.WriteBoolean("image", Image);
        json.WriteBoolean("audio", Audio);
        json.WriteBoolean("embeddedContext", EmbeddedContext);
        json.WriteEndObject();
        json.WriteStartObject("mcpCapabilities");
        json.WriteBoolean("http", McpHttp);
        json.WriteBoolean("sse", McpSse);
        json.WriteEndObject();
        json.WriteStartObject("sessionCapabilities");
        json.Capability("list", List);
        json.Capability("resume", Resume);
        json.Capability("close", Close);
        json.Capability("delete", Delete);
        json.Capability("fork", Fork);
        json.Capability("additionalDirectories", AdditionalDirectories);
        json.WriteEndObject();
        json.WriteStartObject("auth");
        json.Capability("logout", Logout);
        json.WriteEndObject();
        json.Meta(Meta);
        json.WriteEndObject();
    }

    private static Fields? Inside(Fields fields, string name) => fields.Raw(name) is { ValueKind: JsonValueKind.Object } inside ? new Fields(inside, name) : null;
}
