using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>initialize</c>, the first message of all.</summary>
public sealed record InitializeRequest : IAcpMessage<InitializeRequest>
{
    /// <summary>The newest version the client speaks, 0 to 65535.</summary>
    public int ProtocolVersion { get; init; } = AcpMethods.ProtocolVersion;

    /// <summary>What the client offers.</summary>
    public ClientCapabilities ClientCapabilities { get; init; } = new();

    /// <summary>Who the client is; to become mandatory.</summary>
    public Implementation? ClientInfo { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static InitializeRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "initializeRequest");
        return new InitializeRequest
        {
            ProtocolVersion = Version(fields),
            ClientCapabilities = fields.LenientObject<ClientCapabilities>("clientCapabilities") ?? new ClientCapabilities(),
            ClientInfo = fields.LenientObject<Implementation>("clientInfo"),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("protocolVersion", ProtocolVersion);
        json.Object("clientCapabilities", ClientCapabilities);
        json.Object("clientInfo", ClientInfo);
        json.Meta(Meta);
        json.WriteEndObject();
    }

    internal static int Version(Fields fields) => fields.Number("protocolVersion") is >= 0 and <= ushort.MaxValue and var version
        ? (int)version
        : throw new AcpFormatException("protocolVersion", "must be between 0 and 65535");
}

/// <summary>Result of <c>initialize</c>.</summary>
public sealed record InitializeResponse : IAcpMessage<InitializeResponse>
{
    /// <summary>The version that is spoken from now on; a client that does not speak it disconnects.</summary>
    public int ProtocolVersion { get; init; } = AcpMethods.ProtocolVersion;

    /// <summary>What the agent offers.</summary>
    public AgentCapabilities AgentCapabilities { get; init; } = new();

    /// <summary>Ways to log in; none when that is not needed.</summary>
    public IReadOnlyList<AuthMethod> AuthMethods { get; init; } = [];

    /// <summary>Who the agent is.</summary>
    public Implementation? AgentInfo { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static InitializeResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "initializeResponse");
        return new InitializeResponse
        {
            ProtocolVersion = InitializeRequest.Version(fields),
            AgentCapabilities = fields.LenientObject<AgentCapabilities>("agentCapabilities") ?? new AgentCapabilities(),
            AuthMethods = fields.LenientList<AuthMethod>("authMethods") ?? [],
            AgentInfo = fields.LenientObject<Implementation>("agentInfo"),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("protocolVersion", ProtocolVersion);
        json.Object("agentCapabilities", AgentCapabilities);
        json.List("authMethods", AuthMethods);
        json.Object("agentInfo", AgentInfo);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
