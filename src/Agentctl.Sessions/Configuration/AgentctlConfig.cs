using System.Text;
using Agentctl.Adapters.Custom;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// What <c>AGENTCTL_HOME/config.json</c> says. The first five keys are the reference's; keys this version does not know are left alone.
/// </summary>
public sealed record AgentctlConfig
{
    public string? Adapter { get; init; }
    public string? Model { get; init; }
    public string? Cwd { get; init; }
    public string? WebhookUrl { get; init; }

    /// <summary>Secret: never printed, never logged.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>How long a request waits for an adapter (<c>adapter_timeout</c>, seconds).</summary>
    public TimeSpan AdapterTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for one adapter (<c>adapter_timeouts</c>, an object of seconds by adapter).</summary>
    public IReadOnlyDictionary<string, TimeSpan> AdapterTimeouts { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary><c>openclaw_url</c>, for a gateway that is not the local one.</summary>
    public string? OpenClawUrl { get; init; }

    /// <summary><c>openclaw_token</c>. Secret.</summary>
    public string? OpenClawToken { get; init; }

    /// <summary>Gateways beside this user's own (<c>openclaw_gateways</c>).</summary>
    public IReadOnlyList<OpenClawSettings> OpenClawGateways { get; init; } = [];

    /// <summary>The adapters of those gateways, by id.</summary>
    public IEnumerable<string> GatewayIds => OpenClawGateways.Select(static gateway => OpenClawAdapter.IdOf(gateway.Name));

    /// <summary>How many sessions may run at once (<c>max_concurrent</c>; 0 = as many as there are).</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>The same for single adapters (<c>max_concurrent_by_adapter</c>).</summary>
    public IReadOnlyDictionary<string, int> MaxConcurrentByAdapter { get; init; } = new Dictionary<string, int>();

    /// <summary>The same for single groups (<c>max_concurrent_by_group</c>).</summary>
    public IReadOnlyDictionary<string, int> MaxConcurrentByGroup { get; init; } = new Dictionary<string, int>();

    /// <summary>Which directories cannot be used at once (<c>lock_mode</c>: exact or tree).</summary>
    public DirectoryRule LockMode { get; init; }

    /// <summary>How much of each output stream of a launch is kept (<c>output_cap_mb</c>; 0 = all).</summary>
    public int OutputCapMegabytes { get; init; } = 64;

    /// <summary>Ignored files that a new worktree gets a copy of (<c>worktree_copy</c>): git's glob patterns.</summary>
    public IReadOnlyList<string> WorktreeCopy { get; init; } = [];

    /// <summary>What a new worktree is set up by (<c>worktree_setup</c>), for /bin/sh.</summary>
    public string? WorktreeSetup { get; init; }

    /// <summary>Runs before every agent that is launched (<c>on_create</c>), for /bin/sh.</summary>
    public string? OnCreate { get; init; }

    /// <summary>Runs after every launch has ended (<c>on_complete</c>), for /bin/sh.</summary>
    public string? OnComplete { get; init; }

    /// <summary>Everything about ACP sessions (the keys that begin with <c>acp_</c>, and <c>mcp_servers</c>).</summary>
    public AcpConfig Acp { get; init; } = new();

    /// <summary>Agents that are declared here (<c>agents</c>).</summary>
    public IReadOnlyList<CustomAgent> Agents { get; init; } = [];

    public TimeSpan TimeoutOf(string adapter) => AdapterTimeouts.GetValueOrDefault(adapter, AdapterTimeout);

    /// <summary>Every key, for <c>config list</c> and for refusing a mistyped <c>config set</c>.</summary>
    public static readonly IReadOnlyList<ConfigKey> Keys =
    [
        new("adapter", ConfigKind.Text, IsSecret: false, "adapter that launch uses when none is named"),
        new("model", ConfigKind.Text, IsSecret: false, "model that launch uses when none is named"),
        new("cwd", ConfigKind.Text, IsSecret: false, "directory that launch uses when none is named"),
        new("webhook_url", ConfigKind.Text, IsSecret: false, "reserved: webhooks of ended sessions are not sent yet"),
        new("webhook_secret", ConfigKind.Text, IsSecret: true, "signs the announcements"),
        new("adapter_timeout", ConfigKind.Seconds, IsSecret: false, "how long a request waits for an adapter (default 5)"),
        new("adapter_timeouts", ConfigKind.SecondsByAdapter, IsSecret: false, "the same for single adapters: {\"openclaw\": 10}"),
        new("openclaw_url", ConfigKind.Text, IsSecret: false, "address of a gateway that is not the local one"),
        new("openclaw_token", ConfigKind.Text, IsSecret: true, "its token"),
        new("openclaw_gateways", ConfigKind.Gateways, IsSecret: false, "gateways beside your own: {\"lab\": {\"url\": \"ws://127.0.0.1:18790\", \"token_env\": \"LAB_TOKEN\"}}"),
        new("max_concurrent", ConfigKind.Count, IsSecret: false, "how many sessions may run at once (default 0: as many as there are)"),
        new("max_concurrent_by_adapter", ConfigKind.CountByName, IsSecret: false, "the same for single adapters: {\"codex\": 2}"),
        new("max_concurrent_by_group", ConfigKind.CountByName, IsSecret: false, "the same for single groups"),
        new("lock_mode", ConfigKind.LockMode, IsSecret: false, "exact (one agent per directory, the default) or tree (also not one inside the other)"),
        new("output_cap_mb", ConfigKind.Count, IsSecret: false, "how much of each output stream of a launch is kept on disk (default 64; 0: all)"),
        new("worktree_copy", ConfigKind.TextList, IsSecret: false, "ignored files that a new worktree gets a copy of: [\".env\", \"config/*.local\"]"),
        new("worktree_setup", ConfigKind.Text, IsSecret: false, "shell command that sets up a new worktree"),
        new("on_create", ConfigKind.Text, IsSecret: false, "shell command that runs before every agent (launch --on-create)"),
        new("on_complete", ConfigKind.Text, IsSecret: false, "shell command that runs after every agent (launch --on-complete)"),
        new("agents", ConfigKind.Agents, IsSecret: false, "agents of your own: see docs/launch.md"),
        .. AcpConfig.Keys,
    ];

    /// <summary>The largest file that is read.</summary>
    private const int LargestBytes = 4 << 20;

    /// <summary>The file's path.</summary>
    public static string PathIn(string agentctlHome) => Path.Combine(agentctlHome, "config.json");

    /// <summary>Identifies the content of the file; an unreadable file has a fingerprint of its own.</summary>
    public static string FingerprintIn(string agentctlHome)
    {
        try
        {
            var path = PathIn(agentctlHome);
            return OwnFile.Read(path, LargestBytes) is { } json ? Fingerprint.Of(Encoding.UTF8.GetString(json)) : "none";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }

    /// <summary>Reads the file. An absent file is the default configuration; an invalid one is reported with its line, never replaced by defaults.</summary>
    public static ConfigOutcome Load(string agentctlHome)
    {
        var path = PathIn(agentctlHome);
        try
        {
            if (HomeTrust.WhyRefused(agentctlHome) is { } refused)
            {
                return new ConfigOutcome.Invalid(path, 0, refused);
            }

            return OwnFile.Read(path, LargestBytes) is { } json ? Parse(path, json) : new ConfigOutcome.Loaded(new AgentctlConfig());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new ConfigOutcome.Invalid(path, 0, failure.Message.StartsWith(path + " ", StringComparison.Ordinal) ? $"it {failure.Message[(path.Length + 1)..]}" : failure.Message);
        }
    }

    /// <summary>Parses the file's content. Comments and trailing commas are allowed.</summary>
    public static ConfigOutcome Parse(string path, ReadOnlySpan<byte> file) => ConfigReader.Parse(path, file);
}
