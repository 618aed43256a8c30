using System.Text;

namespace Agentctl.Core;

/// <summary>What the daemon and its clients must agree on beside the documents (docs/specs/api.md).</summary>
public static class DaemonProtocol
{
    /// <summary>Request header: <see cref="PlacesHash"/> of the client's environment. The daemon answers 421 when its own differs.</summary>
    public const string PlacesHeader = "Agentctl-Places";

    /// <summary>Response header: version and commit of the daemon.</summary>
    public const string VersionHeader = "Agentctl-Version";

    /// <summary>Response header: fingerprint of the config.json the daemon has read. A client that finds another one there restarts it.</summary>
    public const string ConfigHeader = "Agentctl-Config";

    /// <summary>The Host of every request of ours; browsers cannot send it to a Unix socket, and what they relay is refused.</summary>
    public const string Host = "agentctl";

    /// <summary>Environment variable: number of the descriptor on which a daemon just started tells how that went.</summary>
    public const string ChannelVariable = "AGENTCTL_START_CHANNEL";

    /// <summary>Where the daemon listens.</summary>
    public static string SocketPath(string agentctlHome) => Path.Combine(agentctlHome, "daemon.sock");

    /// <summary>The file whose lock says that a daemon lives; its content is a label for people.</summary>
    public static string LockPath(string agentctlHome) => Path.Combine(agentctlHome, "daemon.lock");

    public static string LogPath(string agentctlHome) => Path.Combine(agentctlHome, "logs", "agentctld.log");

    /// <summary>
    /// <see cref="AgentEnvironment.PlaceVariables"/> as they take effect: relative paths made absolute, because the daemon's working
    /// directory is not the caller's; null when unset.
    /// </summary>
    public static IEnumerable<(string Name, string? Value)> EffectivePlaces(AgentEnvironment environment)
    {
        foreach (var name in AgentEnvironment.PlaceVariables)
        {
            var value = name == "HOME" ? environment.Home : environment[name];
            yield return (name, value is null || name.StartsWith("OPENCLAW_GATEWAY_", StringComparison.Ordinal) ? value : Path.GetFullPath(value));
        }
    }

    /// <summary>
    /// A short text that differs when the places differ. Not a secret and not a proof: it keeps two honest programs of one user
    /// from talking about different places.
    /// </summary>
    public static string PlacesHash(AgentEnvironment environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in EffectivePlaces(environment))
        {
            text.Append(name).Append('=').Append(value).Append('\0');
        }

        return Fingerprint.Of(text.ToString());
    }
}
