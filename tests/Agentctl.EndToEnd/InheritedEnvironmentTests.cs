using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>An agent that is launched by a hook or a script works in its own tree, not in the caller's.</summary>
public sealed class InheritedEnvironmentTests : BothWays
{
    private const string Agent = "env | grep -E '^(GIT|npm_|INIT_CWD|CLAUDE)' | sort > \"$HOME/agent.env\"; echo work > agent.txt; git add agent.txt && git commit -qm 'by the agent' > \"$HOME/agent.log\" 2>&1";

    private string repository = null!;
    private string outer = null!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_of_an_agent_that_a_post_commit_hook_launches_is_on_its_own_branch(bool withDaemon)
    {
        await Prepare();
        Hook("post-commit", Launch(withDaemon));
        await File.WriteAllTextAsync(Path.Combine(outer, "b.txt"), "b", TestContext.Current.CancellationToken);
        await Git(outer, "add", "b.txt");
        await Git(outer, "commit", "-q", "--author", "Bob <bob@example.com>", "-m", "by the person");
        await AgentCommittedToItsOwnBranch("by the person");
    }

    [Fact]
    public async Task Commit_of_an_agent_that_a_rebase_launches_is_on_its_own_branch()
    {
        await Prepare();
        await Git(outer, "commit", "-q", "--allow-empty", "-m", "by the person");
        await Git(outer, "-c", "user.name=Rebaser", "rebase", "-q", "--keep-empty", "--exec", Script(Launch(withDaemon: false)), "HEAD~1");
        await AgentCommittedToItsOwnBranch("by the person");
    }

    [Fact]
    public async Task Commit_of_an_agent_that_a_hook_runner_launches_is_on_its_own_branch()
    {
        await Prepare();

        // As husky does: core.hooksPath names a folder of stubs that run a script of the repository.
        var stub = Path.Combine(repository, ".husky", "_", "post-commit");
        var script = Path.Combine(repository, ".husky", "post-commit");
        Directory.CreateDirectory(Path.GetDirectoryName(stub)!);
        await File.WriteAllTextAsync(stub, $"#!/usr/bin/env sh\nexport husky_skip_init=1 HUSKY_GIT_PARAMS=\"$*\"\nsh -e {script} \"$@\"\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(script, Launch(withDaemon: false) + "\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(stub, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Git(repository, "config", "core.hooksPath", Path.GetDirectoryName(stub)!);
        await Git(outer, "commit", "-q", "--allow-empty", "-m", "by the person");
        await AgentCommittedToItsOwnBranch("by the person");
    }

    [Fact]
    public async Task Agent_that_an_npm_script_launches_does_not_inherit_the_script()
    {
        await Prepare();
        await File.WriteAllTextAsync(Path.Combine(outer, "package.json"), $$"""{ "name": "outer", "version": "1.0.0", "scripts": { "fix": "{{Script(Launch(withDaemon: false))}}" } }""", TestContext.Current.CancellationToken);
        var ran = await Sandbox.Run(["npm", "run", "--silent", "fix"], FakeModelProcess.DotnetVariables(), outer);
        Assert.True(ran.ExitCode == 0, ran.Error);
        await AgentCommittedToItsOwnBranch("one");
    }

    [Fact]
    public async Task Agent_that_the_daemon_drives_does_not_inherit_the_repository_of_the_caller()
    {
        var agent = Sandbox.HomeFile("bin/acp-agent", "#!/bin/sh\nenv | grep -E '^(GIT_|npm_|CLAUDECODE|KEPT)' | sort > \"$HOME/agent.env\"\n");
        File.SetUnixFileMode(agent, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Sandbox.HomeFile(".agentctl/config.json", $$"""{ "acp_agents": { "short": { "argv": ["{{agent}}"] } } }""");
        var agentctl = Agentctl(withDaemon: true);
        foreach (var (name, value) in new[] { ("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere/index"), ("npm_lifecycle_event", "fix"), ("CLAUDECODE", "1"), ("KEPT", "yes") })
        {
            agentctl.Variables[name] = value;
        }

        var ended = await agentctl.Run("exec", "-a", "short", "Hello");
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Equal("KEPT=yes\n", await File.ReadAllTextAsync(Path.Combine(Sandbox.Home, "agent.env"), TestContext.Current.CancellationToken));
    }

    private async Task Prepare()
    {
        Sandbox.HomeFile(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n");
        Sandbox.HomeFile(".agentctl/config.json", $$"""{ "agents": { "mine": { "launch": ["/bin/sh", "-c", "{{Agent.Replace("\"", "\\\"", StringComparison.Ordinal)}}", "{prompt}"], "stdin": "none" } } }""");
        repository = Sandbox.Folder("shop");
        outer = Path.Combine(Sandbox.Root, "outer");
        await Git(repository, "init", "-q");
        await Git(repository, "commit", "-q", "--allow-empty", "-m", "one");
        await Git(repository, "worktree", "add", "-q", "-b", "outer", outer);
    }

    private string Launch(bool withDaemon) =>
        $"{(withDaemon ? "" : "AGENTCTL_NO_DAEMON=1 ")}{AgentctlCli.Program} launch mine --worktree {repository} --branch ai/x -p go --wait > {Sandbox.Home}/launch.log 2>&1";

    private string Script(string command)
    {
        var script = Sandbox.HomeFile("bin/launch-agent", $"#!/bin/sh\n{command}\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }

    private void Hook(string name, string command)
    {
        var hook = Path.Combine(repository, ".git", "hooks", name);
        Directory.CreateDirectory(Path.GetDirectoryName(hook)!);
        File.WriteAllText(hook, $"#!/bin/sh\n{command}\n");
        File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task AgentCommittedToItsOwnBranch(string outersNewest)
    {
        Sandbox.Tell(await File.ReadAllTextAsync(Path.Combine(Sandbox.Home, "launch.log"), TestContext.Current.CancellationToken));
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(Sandbox.Home, "agent.log"), TestContext.Current.CancellationToken));
        Assert.Equal("by the agent by Ann\none by Ann", await Git(repository, "log", "--format=%s by %an", "ai/x"));
        Assert.Equal(outersNewest, await Git(repository, "log", "-1", "--format=%s", "outer"));
        Assert.Equal("", await Git(outer, "status", "--porcelain", "--untracked-files=no"));

        // Where git finds its own programs is the same for everyone.
        var inherited = (await File.ReadAllLinesAsync(Path.Combine(Sandbox.Home, "agent.env"), TestContext.Current.CancellationToken)).Select(line => line.Split('=')[0]);
        Assert.DoesNotContain(inherited, name => name is not ("GIT_EXEC_PATH" or "GIT_SSL_CAINFO") && !name.StartsWith("npm_config_", StringComparison.Ordinal));
    }

    private async Task<string> Git(string directory, params string[] arguments)
    {
        var result = await Sandbox.Start(["git", "-C", directory, .. arguments], FakeModelProcess.DotnetVariables()).Exit();
        Assert.True(result.ExitCode == 0, $"git {string.Join(' ', arguments)}: {result.Error}");
        return result.Output.Trim();
    }
}
