using System.Text;
using Agentctl.Core;

namespace Agentctl.Client;

/// <summary>The systemd user unit that <c>agentctl daemon install</c> writes (systemd.service(5), systemd.syntax(7)).</summary>
public static class SystemdUnit
{
    public const string Name = "agentctld.service";

    /// <summary>Where systemd --user looks for it.</summary>
    public static string PathIn(AgentEnvironment environment) =>
        Path.Combine(environment["XDG_CONFIG_HOME"] ?? Path.Combine(environment.Home, ".config"), "systemd", "user", Name);

    /// <summary>
    /// Its text. Directory variables in force now are written down, since systemd does not know them; an address with a password in it is not.
    /// </summary>
    public static string Text(string executable, AgentEnvironment environment)
    {
        var unit = new StringBuilder()
            .Append("# Written by `agentctl daemon install`; `agentctl daemon uninstall` removes it.\n")
            .Append("[Unit]\n")
            .Append("Description=agentctl: supervisor of coding agents\n")
            .Append("\n[Service]\n")
            .Append("Type=exec\n")
            .Append("ExecStart=").Append(Quoted(executable).Replace("$", "$$", StringComparison.Ordinal)).Append('\n')
            .Append("# Agents and their shims outlive the supervisor: systemd ends only agentctld itself.\n")
            .Append("KillMode=process\n")
            .Append("Restart=on-failure\n")
            .Append("UMask=0077\n");
        foreach (var (name, value) in Variables(environment))
        {
            unit.Append("Environment=").Append(Quoted($"{name}={value}")).Append('\n');
        }

        return unit.Append("\n[Install]\n").Append("WantedBy=default.target\n").ToString();
    }

    private static IEnumerable<(string Name, string Value)> Variables(AgentEnvironment environment)
    {
        if (environment["AGENTCTL_HOME"] is not null)
        {
            yield return ("AGENTCTL_HOME", environment.AgentctlHome);
        }

        foreach (var (name, value) in DaemonProtocol.EffectivePlaces(environment))
        {
            if (value is not null && name != "HOME" && !HasPassword(value))
            {
                yield return (name, value);
            }
        }

        if (environment["PATH"] is { } path)
        {
            yield return ("PATH", path);
        }
    }

    private static bool HasPassword(string value) => Uri.TryCreate(value, UriKind.Absolute, out var address)
        && (address.UserInfo.Length > 0 || (address.Scheme != Uri.UriSchemeFile && address.Query.Length > 0));

    private static string Quoted(string text) => '"' + text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("%", "%%", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal) + '"';
}
