namespace Agentctl.Core;

/// <summary>
/// The part of the environment that says where agents and agentctl keep their things. Read once, at the program's edge;
/// nothing below reads the process environment.
/// </summary>
public sealed class AgentEnvironment(string home, IReadOnlyDictionary<string, string> variables)
{
    /// <summary>The user's home directory.</summary>
    public string Home { get; } = home;

    /// <summary>Everything, for programs of ours that are started with the same environment.</summary>
    public IReadOnlyDictionary<string, string> Variables => variables;

    /// <summary>A variable's value, or null when unset or empty.</summary>
    public string? this[string name] => variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>AGENTCTL_HOME, default <c>~/.agentctl</c>.</summary>
    public string AgentctlHome => Path.GetFullPath(this["AGENTCTL_HOME"] ?? Path.Combine(Home, ".agentctl"));

    /// <summary>A path with <c>~</c> for the home directory, as people write it and as evidence shows it.</summary>
    public string Tilde(string path) =>
        path == Home ? "~" : path.StartsWith(Home + "/", StringComparison.Ordinal) ? string.Concat("~", path.AsSpan(Home.Length)) : path;

    /// <summary>The other way round: a path as people write it, made absolute. <c>~</c> is the home directory.</summary>
    public string FullPath(string path) =>
        path == "~" ? Home : path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home, path[2..]) : Path.GetFullPath(path);

    /// <summary>
    /// Variables whose values decide where adapters look. A daemon started with other values answers for other places, so the
    /// client compares them before it believes an answer.
    /// </summary>
    public static readonly IReadOnlyList<string> PlaceVariables =
        ["HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "CODEX_SQLITE_HOME", "XDG_DATA_HOME", "OPENCODE_DB", "PI_CODING_AGENT_DIR", "PI_CODING_AGENT_SESSION_DIR", "GEMINI_CLI_HOME", "OPENCLAW_STATE_DIR", "OPENCLAW_CONFIG_PATH", "OPENCLAW_HOME", "OPENCLAW_GATEWAY_URL", "OPENCLAW_GATEWAY_PORT", "OPENCLAW_GATEWAY_TOKEN"];

    /// <summary>The program a name means, searched on PATH as execvp(3) does; null when there is none.</summary>
    public string? FindProgram(string name)
    {
        if (name.Contains('/'))
        {
            var path = Path.GetFullPath(name.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Home, name[2..]) : name);
            return File.Exists(path) ? path : null;
        }

        return (this["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").Split(':')
            .Where(static directory => directory.Length > 0)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != UnixFileMode.None);

    /// <summary>The environment of this process.</summary>
    public static AgentEnvironment OfThisProcess()
    {
        var variables = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        // The daemon and the agents work in other directories, and mean the same home.
        if (variables.GetValueOrDefault("AGENTCTL_HOME") is { Length: > 0 } own && !Path.IsPathRooted(own))
        {
            variables["AGENTCTL_HOME"] = Path.GetFullPath(own);
        }

        var home = variables.GetValueOrDefault("HOME") is { Length: > 0 } set
            ? set
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return new AgentEnvironment(home, variables);
    }
}
