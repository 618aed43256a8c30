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
        "openclaw_gateways" => config.OpenClawGateways.Count == 0 ? null : string.Join(", ", config.OpenClawGateways.Select(static gateway => gateway.Name)),
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
        "agents" => config.Agents.Count == 0 ? null : string.Join(", ", config.Agents.Select(static agent => agent.Name)),
        _ => null,
    };

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static string? Counts(IReadOnlyDictionary<string, int> counts) => counts.Count == 0
        ? null
        : "{" + string.Join(", ", counts.Select(pair => $"{ConfigEdit.Quoted(pair.Key)}: {Count(pair.Value)}")) + "}";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
