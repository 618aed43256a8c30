using Xunit;

namespace Agentctl.Core.Tests;

public sealed class InheritedEnvironmentTests
{
    private static Dictionary<string, string> Of(params (string Name, string Value)[] variables) =>
        InheritedEnvironment.Of(variables.ToDictionary(one => one.Name, one => one.Value));

    private static string[] Names(params string[] names) => [.. InheritedEnvironment.Of(names.ToDictionary(name => name, _ => "x")).Keys.Order(StringComparer.Ordinal)];

    [Fact]
    public void Variables_of_a_person_are_inherited_unchanged()
    {
        string[] own =
        [
            "ANTHROPIC_MODEL", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "CODEX_SANDBOX", "EDITOR", "GIT_ASKPASS", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL",
            "GIT_COMMITTER_NAME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_PAGER", "GIT_SEQUENCE_EDITOR", "GIT_SSH",
            "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_TRACE", "HOME", "HUSKY", "MAKEFLAGS", "NPM_CONFIG_REGISTRY", "PATH", "npm_config_prefix", "npm_config_registry",
        ];
        Assert.Equal(own.Order(StringComparer.Ordinal), Names(own));
    }

    [Fact]
    public void Everything_that_git_calls_local_to_a_repository_is_withheld() =>
        Assert.Equal(
            ["HOME"],
            Names(
                "HOME", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_OBJECT_DIRECTORY",
                "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
                "GIT_INTERNAL_SUPER_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_REFLOG_ACTION",
                "GIT_CHERRY_PICK_HELP", "GIT_LITERAL_PATHSPECS", "GIT_PUSH_OPTION_COUNT", "GIT_PUSH_OPTION_0", "GITHEAD_6c1f721a", "GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"));

    [Theory]
    [InlineData("GIT_PREFIX")]
    [InlineData("GIT_DIR")]
    [InlineData("GIT_REFLOG_ACTION")]
    public void Author_and_editor_of_the_git_that_runs_the_caller_are_withheld(string sign) =>
        Assert.Equal(["GIT_COMMITTER_NAME"], Of((sign, ""), ("GIT_AUTHOR_NAME", "Someone"), ("GIT_AUTHOR_EMAIL", "s@example.com"), ("GIT_EDITOR", ":"), ("GIT_SEQUENCE_EDITOR", ":"), ("GIT_COMMITTER_NAME", "Ann")).Keys);

    [Fact]
    public void Author_that_is_also_the_committer_is_the_person_and_stays() =>
        Assert.Equal(
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"],
            Of(("GIT_PREFIX", ""), ("GIT_AUTHOR_NAME", "Ann"), ("GIT_COMMITTER_NAME", "Ann"), ("GIT_AUTHOR_EMAIL", "other@example.com")).Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Script_of_npm_leaves_only_how_a_registry_is_reached() =>
        Assert.Equal(
            ["NODE", "npm_config_//registry.example/:_authToken", "npm_config_cafile", "npm_config_registry"],
            Names(
                "NODE", "INIT_CWD", "npm_command", "npm_config_cafile", "npm_config_dry_run", "npm_config_global", "npm_config_local_prefix", "npm_config_prefix", "npm_config_registry",
                "npm_config_user_agent", "npm_execpath", "npm_lifecycle_event", "npm_lifecycle_script", "npm_node_execpath", "npm_package_json", "npm_package_name",
                "npm_config_//registry.example/:_authToken"));

    [Fact]
    public void Options_of_a_make_that_runs_the_caller_are_withheld() => Assert.Equal(["PATH"], Names("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PATH"));

    [Fact]
    public void Marks_of_every_agent_are_withheld() =>
        Assert.Empty(Names(
            "CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_PROJECT_DIR", "CODEX_THREAD_ID", "CODEX_SNAPSHOT_ORIGINAL_ENV",
            "GEMINI_CLI", "GEMINI_CLI_IDE_SERVER_PORT", "OPENCODE", "OPENCODE_SESSION_ID", "PI_SESSION_FILE", "AGENTCTL_LAUNCH_ID", "OLDPWD"));

    [Fact]
    public void Every_rule_has_a_reason_and_its_own_name()
    {
        Assert.All(InheritedEnvironment.Withheld, rule => Assert.NotEqual("", rule.Reason));
        Assert.Distinct(InheritedEnvironment.Withheld.Select(rule => rule.Name));
    }
}
