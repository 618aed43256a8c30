using System.Text;
using System.Text.Json;
using Agentctl.Adapters.Custom;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Launches;

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
        new("webhook_url", ConfigKind.Text, IsSecret: false, "where ended sessions are announced"),
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

    /// <summary>The file's path.</summary>
    public static string PathIn(string agentctlHome) => Path.Combine(agentctlHome, "config.json");

    /// <summary>Tells one content of the file from another; of a file that cannot be read, that it cannot.</summary>
    public static string FingerprintIn(string agentctlHome)
    {
        try
        {
            var path = PathIn(agentctlHome);
            return File.Exists(path) ? Fingerprint.Of(File.ReadAllText(path)) : "none";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "unreadable";
        }
    }

    /// <summary>Reads the file; an absent one is the default, a bad one is named with its line and nothing is guessed.</summary>
    public static ConfigOutcome Load(string agentctlHome)
    {
        var path = PathIn(agentctlHome);
        try
        {
            return File.Exists(path) ? Parse(path, File.ReadAllBytes(path)) : new ConfigOutcome.Loaded(new AgentctlConfig());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new ConfigOutcome.Invalid(path, 0, failure.Message);
        }
    }

    /// <summary>Parses the file's content. Comments and trailing commas are allowed.</summary>
    public static ConfigOutcome Parse(string path, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(
            json.StartsWith(Encoding.UTF8.Preamble) ? json[3..] : json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            return Read(ref reader, path, json);
        }
        catch (JsonException failure)
        {
            return new ConfigOutcome.Invalid(path, (int)(failure.LineNumber ?? 0) + 1, "it is not valid JSON");
        }
    }

    private static ConfigOutcome Read(ref Utf8JsonReader reader, string path, ReadOnlySpan<byte> json)
    {
        var config = new AgentctlConfig();
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return new ConfigOutcome.Invalid(path, 1, "it must be a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var line = LineAt(json, reader.TokenStartIndex);
            var known = Keys.FirstOrDefault(k => k.Name == key);
            string? problem = null;
            if (known is null)
            {
                reader.Skip();
            }
            else
            {
                (config, problem) = config.Read(known, ref reader);
            }

            if (problem is not null)
            {
                return new ConfigOutcome.Invalid(path, line, problem);
            }
        }

        reader.Read();
        return new ConfigOutcome.Loaded(config);
    }

    /// <summary>The configuration with one more key, or what is wrong with its value.</summary>
    private (AgentctlConfig Config, string? Problem) Read(ConfigKey key, ref Utf8JsonReader reader)
    {
        switch (key.Kind)
        {
            case ConfigKind.Text:
                return reader.TokenType == JsonTokenType.String ? (With(key.Name, reader.GetString()!), null) : (this, $"\"{key.Name}\" must be a string");
            case ConfigKind.Seconds:
                return TrySeconds(ref reader, out var seconds) ? (this with { AdapterTimeout = seconds }, null) : (this, $"\"{key.Name}\" must be a number of seconds above 0");
            case ConfigKind.SecondsByAdapter:
                return TrySecondsByAdapter(ref reader, out var byAdapter) ? (this with { AdapterTimeouts = byAdapter }, null) : (this, $"\"{key.Name}\" must be an object of seconds by adapter");
            case ConfigKind.Count:
                return TryCount(ref reader, out var count) ? (With(key.Name, count), null) : (this, $"\"{key.Name}\" must be a whole number, 0 or above");
            case ConfigKind.CountByName:
                return TryCountByName(ref reader, out var byName)
                    ? (key.Name == "max_concurrent_by_adapter" ? this with { MaxConcurrentByAdapter = byName } : this with { MaxConcurrentByGroup = byName }, null)
                    : (this, $"\"{key.Name}\" must be an object of whole numbers by name");
            case ConfigKind.TextList:
                return TryTexts(ref reader, out var texts) ? (this with { WorktreeCopy = texts }, null) : (this, $"\"{key.Name}\" must be a list of texts");
            case ConfigKind.LockMode:
                return reader.TokenType == JsonTokenType.String && reader.GetString() is ("exact" or "tree") and var mode
                    ? (this with { LockMode = mode == "tree" ? DirectoryRule.Tree : DirectoryRule.Exact }, null)
                    : (this, $"\"{key.Name}\" is \"exact\" or \"tree\"");
            case ConfigKind.Acp or ConfigKind.AcpText:
                return AcpConfig.TryRead(Acp, key.Name, ref reader, out var acp) is { } wrong ? (this, wrong) : (this with { Acp = acp }, null);
            case ConfigKind.Gateways:
                return NamedGateways.TryRead(ref reader, out var gateways) is { } bad ? (this, bad) : (this with { OpenClawGateways = gateways }, null);
            default:
                return CustomAgents.TryRead(ref reader, out var agents) is { } problem ? (this, problem) : (this with { Agents = agents }, null);
        }
    }

    private AgentctlConfig With(string key, int count) => key == "max_concurrent" ? this with { MaxConcurrent = count } : this with { OutputCapMegabytes = count };

    private static bool TryCount(ref Utf8JsonReader reader, out int count)
    {
        count = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out count) && count >= 0;
    }

    private static bool TryCountByName(ref Utf8JsonReader reader, out IReadOnlyDictionary<string, int> byName)
    {
        var read = new Dictionary<string, int>();
        byName = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (!TryCount(ref reader, out var count))
            {
                return false;
            }

            read[name] = count;
        }

        return true;
    }

    private static bool TryTexts(ref Utf8JsonReader reader, out IReadOnlyList<string> texts)
    {
        var read = new List<string>();
        texts = read;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            read.Add(reader.GetString()!);
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }

    private AgentctlConfig With(string key, string value) => key switch
    {
        "adapter" => this with { Adapter = value },
        "model" => this with { Model = value },
        "cwd" => this with { Cwd = value },
        "webhook_url" => this with { WebhookUrl = value },
        "webhook_secret" => this with { WebhookSecret = value },
        "openclaw_url" => this with { OpenClawUrl = value },
        "openclaw_token" => this with { OpenClawToken = value },
        "worktree_setup" => this with { WorktreeSetup = value },
        "on_create" => this with { OnCreate = value },
        "on_complete" => this with { OnComplete = value },
        _ => this,
    };

    private static bool TrySeconds(ref Utf8JsonReader reader, out TimeSpan seconds)
    {
        seconds = default;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var number) || number is not (> 0 and < 3600))
        {
            return false;
        }

        seconds = TimeSpan.FromSeconds(number);
        return true;
    }

    private static bool TrySecondsByAdapter(ref Utf8JsonReader reader, out IReadOnlyDictionary<string, TimeSpan> byAdapter)
    {
        var read = new Dictionary<string, TimeSpan>();
        byAdapter = read;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var adapter = reader.GetString()!;
            reader.Read();
            if (!TrySeconds(ref reader, out var seconds))
            {
                return false;
            }

            read[adapter] = seconds;
        }

        return true;
    }

    private static int LineAt(ReadOnlySpan<byte> json, long index) => json[..(int)index].Count((byte)'\n') + 1;
}

/// <summary>One key of the file.</summary>
public sealed record ConfigKey(string Name, ConfigKind Kind, bool IsSecret, string Meaning);

public enum ConfigKind
{
    Text,
    Seconds,
    SecondsByAdapter,
    Count,
    CountByName,
    TextList,
    LockMode,
    Agents,
    Gateways,

    /// <summary>A text about ACP sessions.</summary>
    AcpText,

    /// <summary>Anything else about them, as JSON.</summary>
    Acp,
}

public abstract record ConfigOutcome
{
    private ConfigOutcome()
    {
    }

    public sealed record Loaded(AgentctlConfig Config) : ConfigOutcome;

    /// <param name="Line">Counted from 1; 0 when the file could not be read at all.</param>
    public sealed record Invalid(string Path, int Line, string Problem) : ConfigOutcome
    {
        public override string ToString() => Line > 0 ? $"{Path}:{Line}: {Problem}" : $"{Path}: {Problem}";
    }
}
