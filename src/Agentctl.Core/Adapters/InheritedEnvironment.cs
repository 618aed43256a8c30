namespace Agentctl.Core;

/// <summary>
/// What programs that agentctl starts (agents, the daemon, git) inherit of the caller's environment: everything except the variables of
/// <see cref="Withheld"/>. Those describe the program that runs the caller, and would make an agent work somewhere else than in its
/// own directory, or take itself for part of the caller. docs/launch.md shows the same table.
/// </summary>
public static class InheritedEnvironment
{
    private const string OtherRepository = "points every git command at the caller's repository or index";
    private const string OneGitCall = "an option of the one git command that runs the caller";
    private const string OneCommit = "describes the commit or push that runs the caller";
    private const string OneHook = "describes the one run of a hook";
    private const string OtherAgent = "tells the children of another agent that they belong to it";
    private const string OtherPackage = "describes the package and the script of the caller";

    /// <summary>Options of npm that say how a registry is reached, not what to work on. A person sets them on purpose.</summary>
    private static readonly string[] NpmConnection =
    [
        "npm_config_registry", "npm_config_proxy", "npm_config_https_proxy", "npm_config_noproxy", "npm_config_ca", "npm_config_cafile", "npm_config_cert",
        "npm_config_key", "npm_config_strict_ssl", "npm_config_cache", "npm_config_userconfig", "npm_config_globalconfig", "npm_config__auth",
    ];

    private static readonly string[] GitSigns =
        ["GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_REFLOG_ACTION", "GIT_CHERRY_PICK_HELP", "GIT_QUARANTINE_PATH", "GIT_CONFIG_PARAMETERS"];

    private static readonly string[] NpmSigns = ["npm_lifecycle_event", "npm_command", "npm_execpath"];

    /// <summary>The table. A name that ends with <c>*</c> stands for all that begin with it.</summary>
    public static readonly IReadOnlyList<WithheldVariable> Withheld =
    [
        .. Rules(Caller.Any, OtherRepository, "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX", "GIT_INTERNAL_*", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
            "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_ATTR_SOURCE", "GIT_QUARANTINE_PATH"),
        .. Rules(Caller.Any, OneGitCall, "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_*", "GIT_CONFIG_VALUE_*", "GIT_LITERAL_PATHSPECS",
            "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_OPTIONAL_LOCKS", "GIT_PAGER_IN_USE", "GIT_PROTOCOL"),
        .. Rules(Caller.Any, OneCommit, "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE", "GIT_REFLOG_ACTION", "GIT_CHERRY_PICK_HELP", "GIT_PUSH_OPTION_*", "GIT_DIFF_PATH_*", "GITHEAD_*"),
        .. Rules(Caller.Git, OneCommit, "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"),
        .. Rules(Caller.Git, OneGitCall, "GIT_EDITOR", "GIT_SEQUENCE_EDITOR"),
        .. Rules(Caller.Any, OneHook, "HUSKY_GIT_*", "husky_skip_init", "PRE_COMMIT", "PRE_COMMIT_*"),
        .. Rules(Caller.Any, OtherPackage, "npm_lifecycle_*", "npm_package_*", "npm_command", "npm_execpath", "npm_node_execpath", "INIT_CWD", "PROJECT_CWD",
            "BERRY_BIN_FOLDER", "PNPM_SCRIPT_SRC_DIR"),
        .. Rules(Caller.Npm, "an option of the npm command that runs the caller", "npm_config_*"),
        .. Rules(Caller.Make, "options, targets and file descriptors of the make that runs the caller", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"),
        .. Rules(Caller.Any, "the directory that the caller's shell was in before", "OLDPWD"),
        .. Rules(Caller.Any, OtherAgent, "AGENTCTL_LAUNCH_ID", "AI_AGENT", "AGENT", "CLAUDECODE", "CLAUDE_PID", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SESSION_KIND",
            "CLAUDE_CODE_SESSION_ATTENDED", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_LAUNCHED_BY_SESSION_IDS", "CLAUDE_CODE_BRIDGE_SESSION_ID", "CLAUDE_CODE_ENTRYPOINT",
            "CLAUDE_CODE_SSE_PORT", "CLAUDE_EFFORT", "CLAUDE_PROJECT_DIR", "CLAUDE_ENV_FILE", "CLAUDE_JOB_DIR", "CLAUDE_PLUGIN_ROOT", "CLAUDE_PLUGIN_DATA",
            "CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_TOOL_CALL_ID", "CODEX_SNAPSHOT_*", "PI_SESSION_ID", "PI_SESSION_FILE", "OPENCODE", "OPENCODE_PID",
            "OPENCODE_SESSION_ID", "GEMINI_CLI", "GEMINI_CLI_NO_RELAUNCH", "GEMINI_CLI_IDE_*", "GEMINI_SESSION_ID", "GEMINI_PROJECT_DIR", "GEMINI_PLANS_DIR", "GEMINI_CWD",
            "CURSOR_AGENT", "COPILOT_CLI"),
    ];

    private static readonly Dictionary<string, WithheldVariable> Exact = Withheld.Where(static rule => !rule.IsPrefix).ToDictionary(static rule => rule.Name, StringComparer.Ordinal);
    private static readonly WithheldVariable[] Prefixes = [.. Withheld.Where(static rule => rule.IsPrefix)];

    /// <summary>The caller's variables without the withheld ones.</summary>
    public static Dictionary<string, string> Of(IReadOnlyDictionary<string, string> variables)
    {
        var inGit = GitSigns.Any(variables.ContainsKey);
        var inNpm = NpmSigns.Any(variables.ContainsKey);
        var inMake = variables.ContainsKey("MAKELEVEL");
        var inherited = new Dictionary<string, string>(variables.Count, StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            if (RuleOf(name) is not { } rule || !Applies(rule.When) || IsOwnIdentity(name, value))
            {
                inherited[name] = value;
            }
        }

        return inherited;

        bool Applies(Caller when) => when switch
        {
            Caller.Git => inGit,
            Caller.Npm => inNpm,
            Caller.Make => inMake,
            _ => true,
        };

        // Git sets the author for its hooks. The committer is only ever set by a person; the same value there is the person's own identity.
        bool IsOwnIdentity(string name, string value) => name switch
        {
            "GIT_AUTHOR_NAME" => variables.GetValueOrDefault("GIT_COMMITTER_NAME") == value,
            "GIT_AUTHOR_EMAIL" => variables.GetValueOrDefault("GIT_COMMITTER_EMAIL") == value,
            _ => false,
        };
    }

    private static WithheldVariable? RuleOf(string name) =>
        Exact.TryGetValue(name, out var exact) ? exact
        : Prefixes.FirstOrDefault(rule => name.StartsWith(rule.Name.AsSpan(0, rule.Name.Length - 1), StringComparison.Ordinal)) is { } rule && !IsConnection(name) ? rule : null;

    // npm_config_//registry.example/:_authToken is a credential of one registry.
    private static bool IsConnection(string name) => name.StartsWith("npm_config_//", StringComparison.Ordinal) || NpmConnection.Contains(name);

    private static IEnumerable<WithheldVariable> Rules(Caller when, string reason, params string[] names) => names.Select(name => new WithheldVariable(name, when, reason));
}

/// <summary>One line of the table of withheld variables.</summary>
/// <param name="Name">The variable; with a <c>*</c> at its end, all that begin like it.</param>
/// <param name="When">Withheld only when the caller runs inside such a program; otherwise a person set the variable on purpose.</param>
/// <param name="Reason">Why an agent must not inherit it.</param>
public sealed record WithheldVariable(string Name, Caller When, string Reason)
{
    public bool IsPrefix => Name.EndsWith('*');
}

/// <summary>The program that runs the caller, as its variables show it.</summary>
public enum Caller
{
    Any,
    Git,
    Npm,
    Make,
}
