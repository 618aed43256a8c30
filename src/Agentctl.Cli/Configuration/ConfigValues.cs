using System.Diagnostics;
using System.Globalization;
using Agentctl.Sessions;

namespace Agentctl.Cli.Configuration;

/// <summary>The values of the configuration as text; of a secret only whether it is set.</summary>
internal static class ConfigValues
{
    /// <summary>Null when it is not set.</summary>
    public static string? Shown(AgentctlConfig config, ConfigKey key) => Text(config, key.Name) is { } text ? key.IsSecret ? "set" : text : null;

    private static string? Text(AgentctlConfig config, string key) => key switch
    {
        "adapter" => config.Adapter,
        "model" => config.Model,
        "cwd" => config.Cwd,
        "webhook_url" => config.WebhookUrl,
        "webhook_secret" => config.WebhookSecret,
        "openclaw_url" => config.OpenClawUrl,
        "openclaw_token" => config.OpenClawToken,
        "openclaw_gateways" => Names(config.OpenClawGateways.Select(static gateway => gateway.Name)),
        "adapter_timeout" => Seconds(config.AdapterTimeout),
        "adapter_timeouts" => config.AdapterTimeouts.Count == 0
            ? null
            : "{" + string.Join(", ", config.AdapterTimeouts.Select(pair => $"{ConfigEdit.Quoted(pair.Key)}: {Seconds(pair.Value)}")) + "}",
        "max_concurrent" => Count(config.MaxConcurrent),
        "max_concurrent_by_adapter" => Counts(config.MaxConcurrentByAdapter),
        "max_concurrent_by_group" => Counts(config.MaxConcurrentByGroup),
        "lock_mode" => config.LockMode.ToString().ToLowerInvariant(),
        "output_cap_mb" => Count(config.OutputCapMegabytes),
        "worktree_copy" => config.WorktreeCopy.Count == 0 ? null : "[" + string.Join(", ", config.WorktreeCopy.Select(ConfigEdit.Quoted)) + "]",
        "worktree_setup" => config.WorktreeSetup,
        "on_create" => config.OnCreate,
        "on_complete" => config.OnComplete,
        "agents" => Names(config.Agents.Select(static agent => agent.Name)),
        _ => Text(config.Acp, key),
    };

    private static string? Text(AcpConfig config, string key) => key switch
    {
        "acp_agent" => config.Agent,
        "acp_permissions" => config.Permissions,
        "acp_when_asked" => config.WhenAsked,
        "acp_ttl" => config.TtlSeconds.ToString(CultureInfo.InvariantCulture),
        "acp_queue_depth" => Count(config.QueueDepth),
        "acp_output_limit_mb" => Count(config.OutputLimitMegabytes),
        "acp_agents" => Names(config.Agents.Select(static agent => agent.Name)),
        "acp_auth" => Names(config.Auth.Keys),
        "mcp_servers" => Names(config.McpServers.Select(static server => server.Name)),
        _ => throw new UnreachableException($"{key} is not a key of config.json"),
    };

    private static string? Names(IEnumerable<string?> names) => string.Join(", ", names) is { Length: > 0 } text ? text : null;

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string? Counts(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? null
        : "{" + string.Join(", ", counts.Select(pair => $"{ConfigEdit.Quoted(pair.Key)}: {Count(pair.Value)}")) + "}";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
