using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Adapters.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What config.json says about ACP sessions.</summary>
public sealed record AcpConfig
{
    /// <summary><c>acp_agent</c>: used when none is named.</summary>
    public string Agent { get; init; } = AcpAgents.Default;

    /// <summary><c>acp_permissions</c>.</summary>
    public string Permissions { get; init; } = AcpPolicy.ApproveReads;

    /// <summary><c>acp_when_asked</c>.</summary>
    public string WhenAsked { get; init; } = AcpPolicy.Deny;

    /// <summary><c>acp_ttl</c>: how long an idle agent stays, in seconds; 0 = for ever.</summary>
    public double TtlSeconds { get; init; } = 300;

    /// <summary><c>acp_queue_depth</c>: prompts that may wait behind the one that runs.</summary>
    public int QueueDepth { get; init; } = 16;

    /// <summary><c>acp_output_limit_mb</c>: an agent that writes more in one turn is ended.</summary>
    public int OutputLimitMegabytes { get; init; } = 1024;

    /// <summary><c>acp_agents</c>.</summary>
    public IReadOnlyList<AcpAgent> Agents { get; init; } = [];

    /// <summary><c>acp_auth</c>: secrets by auth method. Never printed, never logged, never in a record.</summary>
    public IReadOnlyDictionary<string, string> Auth { get; init; } = new Dictionary<string, string>();

    /// <summary><c>mcp_servers</c>: passed to every session. May hold secrets.</summary>
    public IReadOnlyList<McpServer> McpServers { get; init; } = [];

    public static readonly IReadOnlyList<ConfigKey> Keys =
    [
        new("acp_agent", ConfigKind.AcpText, IsSecret: false, "agent that exec, prompt and sessions use when none is named (default codex)"),
        new("acp_permissions", ConfigKind.AcpText, IsSecret: false, "approve-all, approve-reads (default) or deny-all"),
        new("acp_when_asked", ConfigKind.AcpText, IsSecret: false, "what becomes of a request when nobody can be asked: deny (default), fail or ask"),
        new("acp_ttl", ConfigKind.AcpNumber, IsSecret: false, "how long an idle agent of an open session stays, in seconds (default 300; 0: no limit)"),
        new("acp_queue_depth", ConfigKind.AcpNumber, IsSecret: false, "prompts that may wait behind the one that runs (default 16)"),
        new("acp_output_limit_mb", ConfigKind.AcpNumber, IsSecret: false, "an agent that writes more than this in one turn is ended (default 1024)"),
        new("acp_agents", ConfigKind.Acp, IsSecret: false, "ACP agents of your own: {\"mine\": {\"argv\": [\"my-agent\", \"--acp\"], \"env\": {}}}"),
        new("acp_auth", ConfigKind.Acp, IsSecret: true, "secrets by auth method: {\"OPENAI_API_KEY\": \"…\"}"),
        new("mcp_servers", ConfigKind.Acp, IsSecret: true, "MCP servers for every ACP session, in the protocol's form"),
    ];

    /// <summary>What is wrong with the value, or null.</summary>
    internal static string? TryRead(AcpConfig before, string key, ref Utf8JsonReader reader, out AcpConfig after)
    {
        after = before;
        using var document = JsonDocument.ParseValue(ref reader);
        var value = document.RootElement;
        try
        {
            after = key switch
            {
                "acp_agent" => before with { Agent = Text(value) ?? throw new FormatException("must be a string") },
                "acp_permissions" => before with { Permissions = AcpPolicy.Modes.Contains(Text(value)) ? Text(value)! : throw new FormatException("is approve-all, approve-reads or deny-all") },
                "acp_when_asked" => before with { WhenAsked = AcpPolicy.WhenAskedWords.Contains(Text(value)) ? Text(value)! : throw new FormatException("is deny, fail or ask") },
                "acp_ttl" => before with { TtlSeconds = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && TimeLimit.TryFromSeconds(seconds) is not null ? seconds : throw new FormatException($"must be a number of seconds {TimeLimit.Range}") },
                "acp_queue_depth" => before with { QueueDepth = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var depth) && depth is >= 0 and < 10_000 ? depth : throw new FormatException("must be a whole number, 0 or above") },
                "acp_output_limit_mb" => before with { OutputLimitMegabytes = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var limit) && limit is > 0 and <= 1_000_000 ? limit : throw new FormatException("must be a whole number of MB, above 0") },
                "acp_agents" => before with { Agents = [.. Members(value).Select(static pair => AgentOf(pair.Name, pair.Value))] },
                "acp_auth" => before with { Auth = Texts(value) },
                _ => before with { McpServers = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(static server => McpServer.Read(server.Clone()))] : throw new FormatException("must be a list of servers") },
            };
            return key == "acp_agent" ? ConfigText.WhyRefused(key, after.Agent) : null;
        }
        catch (FormatException wrong)
        {
            return $"\"{key}\" {wrong.Message}";
        }
    }

    private static AcpAgent AgentOf(string name, JsonElement value)
    {
        var argv = value.ValueKind == JsonValueKind.Object && value.TryGetProperty("argv", out var list) && list.ValueKind == JsonValueKind.Array
            ? Words(list)
            : value.ValueKind == JsonValueKind.Object && value.TryGetProperty("command", out var command) && Text(command) is { } program
                ? [program, .. value.TryGetProperty("args", out var args) && args.ValueKind == JsonValueKind.Array ? Words(args) : []]
                : new List<string>();
        if (argv.Count == 0 || argv[0].Length == 0)
        {
            throw new FormatException($": \"{name}\" needs \"argv\", a list of program and arguments");
        }

        return new AcpAgent
        {
            Name = name,
            Adapter = value.TryGetProperty("adapter", out var adapter) && Text(adapter) is { } id ? id : AcpAgents.Find(name, [])?.Adapter ?? name,
            Command = argv,
            Environment = value.TryGetProperty("env", out var env) ? Variables(env) : new Dictionary<string, string>(),
        };
    }

    private static List<string> Words(JsonElement list) => [.. list.EnumerateArray().Select(static word => Text(word) ?? throw new FormatException("must hold texts"))];

    private static Dictionary<string, string> Variables(JsonElement value)
    {
        var variables = Texts(value);
        return variables.Keys.FirstOrDefault(static name => name.Length == 0 || name.Contains('=', StringComparison.Ordinal)) is { } wrong
            ? throw new FormatException($": '{wrong}' is not the name of an environment variable")
            : variables;
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw new FormatException("must be an object");

    private static Dictionary<string, string> Texts(JsonElement value) =>
        Members(value).ToDictionary(static pair => pair.Name, static pair => Text(pair.Value) ?? throw new FormatException("must hold texts"));

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
