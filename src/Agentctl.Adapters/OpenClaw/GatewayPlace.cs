using System.Globalization;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>How sure the address is: only where it is this user's own gateway of this machine can its silence prove anything.</summary>
internal enum AddressSource
{
    /// <summary>Nothing is said: the default port of this machine.</summary>
    Default,

    /// <summary>The gateway's own configuration file or lock on this machine.</summary>
    Gateway,

    /// <summary>A port on this machine that the environment or our configuration names.</summary>
    Port,

    /// <summary>A url: a gateway elsewhere, or a tunnel to one.</summary>
    Url,
}

/// <summary>Where this user's gateway and its files are, and the secret it wants. The secret is never printed.</summary>
internal sealed class GatewayPlace
{
    public required string StateDirectory { get; init; }
    public required string ConfigPath { get; init; }
    public required GatewayAddress Address { get; init; }
    public required AddressSource AddressSource { get; init; }
    public required GatewayConfig Config { get; init; }
    public required bool HasState { get; init; }

    /// <summary>Something says that OpenClaw is used here.</summary>
    public required bool IsThere { get; init; }

    /// <summary>Token or password; null when none was found.</summary>
    public string? Token { get; init; }

    /// <summary>Where the token came from, for messages.</summary>
    public required string TokenSource { get; init; }

    /// <summary>A url that cannot be used, with what to do next.</summary>
    public string? AddressProblem { get; init; }

    /// <summary>A gateway that our configuration names: no file of this machine says anything of it.</summary>
    public bool IsNamed { get; init; }

    /// <summary>The user allowed plain ws:// to other machines, with OpenClaw's own variable.</summary>
    public bool AllowsPlainText { get; init; }

    private static readonly string[] Signs =
        ["OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD", "OPENCLAW_GATEWAY_URL", "OPENCLAW_GATEWAY_PORT", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH"];

    /// <param name="lockedPort">The port that the lock of a living gateway names: it may have been started with another than configured.</param>
    public static GatewayPlace Find(AgentEnvironment environment, OpenClawSettings settings, Func<string, int?> lockedPort)
    {
        if (settings.Name is not null)
        {
            return Named(environment, settings);
        }

        var home = environment["OPENCLAW_HOME"] is { } moved ? Expand(moved, environment.Home) : environment.Home;
        var state = environment["OPENCLAW_STATE_DIR"] is { } set ? Expand(set, home) : DefaultState(home);
        var configPath = environment["OPENCLAW_CONFIG_PATH"] is { } named ? Expand(named, home) : Path.Combine(state, "openclaw.json");
        var config = GatewayConfig.Read(configPath, state, environment);
        var (address, source, problem) = FindAddress(environment, settings, config, () => lockedPort(state));
        var (token, tokenSource) = FindToken(environment, settings, config, source, environment.Tilde(configPath));
        var hasState = Directory.Exists(state);
        return new GatewayPlace
        {
            StateDirectory = state,
            ConfigPath = configPath,
            Address = address,
            AddressSource = source,
            AddressProblem = problem,
            Config = config,
            HasState = hasState,
            IsThere = hasState || config.Exists || settings != OpenClawSettings.None || Signs.Any(sign => environment[sign] is not null),
            Token = token,
            TokenSource = tokenSource,
            AllowsPlainText = environment["OPENCLAW_ALLOW_INSECURE_PRIVATE_WS"] == "1",
        };
    }

    private static GatewayPlace Named(AgentEnvironment environment, OpenClawSettings settings)
    {
        var address = GatewayAddress.Parse(settings.Url ?? "");
        var (token, source) = settings switch
        {
            { Token: { } said } => (said, "openclaw_gateways"),
            { TokenVariable: { } variable } => (environment[variable], variable),
            { TokenFile: { } file } => (NativeFile.ReadSmall(Expand(file, environment.Home), 64 << 10) is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null, file),
            _ => (null, "nowhere"),
        };
        return new GatewayPlace
        {
            StateDirectory = "",
            ConfigPath = "",
            Address = address ?? GatewayAddress.OnThisMachine(GatewayAddress.DefaultPort),
            AddressSource = AddressSource.Url,
            AddressProblem = address is null ? $"the url of {settings.Name} in openclaw_gateways is not an address like ws://127.0.0.1:18789; correct it" : null,
            Config = GatewayConfig.Absent with { Problem = token is null && source != "nowhere" ? $"its token was to come from {source}, which holds none" : null },
            HasState = false,
            IsThere = true,
            IsNamed = true,
            Token = token,
            TokenSource = source,
            AllowsPlainText = environment["OPENCLAW_ALLOW_INSECURE_PRIVATE_WS"] == "1",
        };
    }

    /// <summary><c>~/.openclaw</c>; the name of before is used only where the new one is absent.</summary>
    private static string DefaultState(string home)
    {
        var state = Path.Combine(home, ".openclaw");
        var legacy = Path.Combine(home, ".clawdbot");
        return !Directory.Exists(state) && Directory.Exists(legacy) ? legacy : state;
    }

    private static string Expand(string path, string home) =>
        Path.GetFullPath(path == "~" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(home, path[2..]) : path);

    private static (GatewayAddress Address, AddressSource Source, string? Problem) FindAddress(
        AgentEnvironment environment, OpenClawSettings settings, GatewayConfig config, Func<int?> lockedPort)
    {
        foreach (var (url, where) in new[]
        {
            (environment["OPENCLAW_GATEWAY_URL"], "OPENCLAW_GATEWAY_URL"),
            (settings.Url, "the openclaw url of agentctl's configuration"),
            (config is { IsRemote: true } && settings.Port is null && environment["OPENCLAW_GATEWAY_PORT"] is null ? config.RemoteUrl : null, "gateway.remote.url of openclaw.json"),
        })
        {
            if (url is null)
            {
                continue;
            }

            return GatewayAddress.Parse(url) is { } address
                ? (address, AddressSource.Url, null)
                : (GatewayAddress.OnThisMachine(GatewayAddress.DefaultPort), AddressSource.Url, $"{where} is not an address like ws://127.0.0.1:18789; correct it");
        }

        if (PortOf(environment["OPENCLAW_GATEWAY_PORT"]) is { } environmentPort)
        {
            return (GatewayAddress.OnThisMachine(environmentPort), AddressSource.Port, null);
        }

        if (settings.Port is { } settingsPort)
        {
            return (GatewayAddress.OnThisMachine(settingsPort), AddressSource.Port, null);
        }

        return (lockedPort() ?? config.Port) is { } port
            ? (GatewayAddress.OnThisMachine(port), AddressSource.Gateway, null)
            : (GatewayAddress.OnThisMachine(GatewayAddress.DefaultPort), AddressSource.Default, null);
    }

    /// <summary><c>18789</c> or, as container files write it, <c>127.0.0.1:18789</c>.</summary>
    private static int? PortOf(string? text) =>
        text is not null && int.TryParse(text.AsSpan(text.LastIndexOf(':') + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : null;

    /// <summary>A secret of this machine's gateway is not sent to a url somebody else named: that needs an own token.</summary>
    private static (string? Token, string Source) FindToken(
        AgentEnvironment environment, OpenClawSettings settings, GatewayConfig config, AddressSource source, string shownConfig)
    {
        if (environment["OPENCLAW_GATEWAY_TOKEN"] is { } token)
        {
            return (token, "OPENCLAW_GATEWAY_TOKEN");
        }

        if (settings.Token is { } ours)
        {
            return (ours, "the openclaw token of agentctl's configuration");
        }

        if (environment["OPENCLAW_GATEWAY_PASSWORD"] is { } password)
        {
            return (password, "OPENCLAW_GATEWAY_PASSWORD");
        }

        var isForThisConfig = source != AddressSource.Url || (config.IsRemote && environment["OPENCLAW_GATEWAY_URL"] is null && settings.Url is null);
        return isForThisConfig && config.Secret is { } secret ? (secret, shownConfig) : (null, "nowhere");
    }
}
