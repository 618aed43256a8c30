using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Hooks run once, with what is documented and nothing else, whoever is killed (W-27, W-52).</summary>
public sealed class HookTests : World
{
    private string Book => Path.Combine(Sandbox.Home, "book");

    private int Completed => File.Exists(Book) ? File.ReadAllLines(Book).Count(line => line.StartsWith("completed", StringComparison.Ordinal)) : 0;

    [Fact]
    public async Task W52_hooks_see_the_documented_variables_and_nothing_else()
    {
        Sandbox.Variables["ANTHROPIC_API_KEY"] = "sk-secret";
        Sandbox.Variables["MY_TOKEN"] = "secret";
        var launched = await Launched("quick", "--model", "opus", "--group", "g-1a2b3c", "--on-create", "env > ~/created.env", "--on-complete", "env > ~/completed.env; echo completed >> ~/book");
        Assert.Equal(0, launched.ExitCode);
        await Eventually.True("the last hook", Deadline, () => Completed == 1);

        string[] inherited = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TMPDIR", "TZ", "XDG_RUNTIME_DIR", "AGENTCTL_HOME", "PWD", "OLDPWD", "SHLVL", "_", "AGENTCTL_LAUNCH_ID"];
        var created = Environment("created.env");
        var completed = Environment("completed.env");
        Assert.Equal(
            ["AGENTCTL_ADAPTER=probe", $"AGENTCTL_CWD={Project}", "AGENTCTL_GROUP=g-1a2b3c", "AGENTCTL_MODEL=opus"],
            created.Where(pair => !inherited.Contains(pair.Key) && pair.Key != "AGENTCTL_SESSION_ID").Select(pair => $"{pair.Key}={pair.Value}").Order());
        Assert.Equal("0", completed["AGENTCTL_EXIT_CODE"]);
        Assert.Equal(("stopped", "done", "0"), (completed["AGENTCTL_STATUS"], completed["AGENTCTL_REASON"], completed["AGENTCTL_END_CODE"]));
        Assert.Equal(created.Keys.Concat(["AGENTCTL_EXIT_CODE", "AGENTCTL_STATUS", "AGENTCTL_REASON", "AGENTCTL_END_CODE"]).Order(), completed.Keys.Order());
    }

    [Fact]
    public async Task Failing_on_create_stops_the_launch_and_its_output_is_shown()
    {
        var refused = await Launched("work", "--on-create", "echo no disk left; exit 3", "--on-complete", "echo completed >> ~/book");
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("Hook onCreate failed: it ended with code 3", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")));
        var told = Assert.Single(await List(Alone));
        Assert.Equal("error (failed)", told.State);
        var status = await Alone.Run("status", told.Id);
        Assert.Contains("on-create   exit code 3", status.Output, StringComparison.Ordinal);
        Assert.Contains("  no disk left", status.Output, StringComparison.Ordinal);
        Assert.Empty(await Locks(Alone));
        Assert.Equal(0, Completed);
        await Eventually.True("nothing to live", Deadline, () => LivingAgents().Count == 0);
    }

    [Fact]
    public async Task Agent_waits_for_on_create_and_its_directory_is_held_meanwhile()
    {
        var launch = Launch("work", "--on-create", "touch ~/creating; until [ -e ~/go ]; do sleep 0.02; done");
        await Eventually.True("the hook", Deadline, () => File.Exists(Path.Combine(Sandbox.Home, "creating")));
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")));
        Assert.Equal([Project], await Locks(Alone));

        // Others are launched meanwhile: a slow hook holds nobody up.
        Assert.Equal(0, (await LaunchIn(Sandbox.Folder("elsewhere"), "quick").Exit()).ExitCode);
        Assert.Equal(5, (await Launched("work")).ExitCode);
        Sandbox.HomeFile("go", "");
        Assert.Equal(0, (await launch.Exit()).ExitCode);
        await AgentIn(Project);
        LetEnd();
    }

    [Fact]
    public async Task Stopped_while_on_create_runs_the_agent_never_begins()
    {
        var launch = Launch("work", "--on-create", "touch ~/creating; sleep 600");
        await Eventually.True("the hook", Deadline, () => File.Exists(Path.Combine(Sandbox.Home, "creating")));
        Assert.Equal(0, (await Alone.Run("stop", "--all")).ExitCode);
        Assert.Equal(1, (await launch.Exit()).ExitCode);
        Assert.Equal("stopped (asked)", (await One(Alone))!.State);
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")));
        await Eventually.True("nothing to live", Deadline, () => LivingAgents().Count == 0);
    }

    [Theory]
    [InlineData("code7", "7")]
    [InlineData("quick", "0")]
    public async Task W27_on_complete_has_the_true_exit_code(string prompt, string code)
    {
        await Launched(prompt, "--on-complete", "echo \"completed $AGENTCTL_EXIT_CODE\" >> ~/book");
        await Eventually.True("the hook", Deadline, () => Completed == 1);
        Assert.Equal($"completed {code}", File.ReadAllText(Book).Trim());
        var orders = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "launch.json", SearchOption.AllDirectories).Single(path => path.Contains("on-complete", StringComparison.Ordinal));
        Assert.Contains("\"timeoutSeconds\":300", File.ReadAllText(orders), StringComparison.Ordinal);
    }

    /// <summary>Stopped, timed out, failed: the hook gets what <c>wait</c> exits with.</summary>
    [Theory]
    [InlineData("stop")]
    [InlineData("timeout")]
    [InlineData("kill")]
    public async Task On_complete_gets_the_code_that_wait_gives(string how)
    {
        string[] limit = how == "timeout" ? ["--timeout", "1s"] : [];
        await Launched("work", [.. limit, "--on-complete", "echo \"completed $AGENTCTL_STATUS ($AGENTCTL_REASON) $AGENTCTL_END_CODE\" >> ~/book"]);
        var agent = await AgentIn(Project);
        if (how == "stop")
        {
            Assert.Equal(0, (await Alone.Run("stop", "--all")).ExitCode);
        }
        else if (how == "kill")
        {
            await Kill(agent);
        }

        await Eventually.True("the hook", Deadline, () => Completed == 1);
        var session = (await One(Alone))!;
        var waited = await Alone.Run("wait", session.Id);
        Assert.Equal($"completed {session.State} {waited.ExitCode}", File.ReadAllText(Book).Trim());
        Assert.Equal(how switch { "stop" => 130, "timeout" => 3, _ => 1 }, waited.ExitCode);
    }

    [Fact]
    public async Task W27_killed_agent_gives_on_complete_128_and_the_signal()
    {
        await Launched("work", "--on-complete", "echo \"completed $AGENTCTL_EXIT_CODE $AGENTCTL_SESSION_ID\" >> ~/book");
        await Kill(await AgentIn(Project));
        await Eventually.True("the hook", Deadline, () => Completed == 1);
        Assert.StartsWith("completed 137 probe-", File.ReadAllText(Book), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_shim_leaves_on_complete_to_who_looks_next_and_it_runs_once(bool withDaemon)
    {
        var looker = withDaemon ? Served : Alone;
        await looker.Quietly("list");
        await Launched("work", "--on-complete", "echo \"completed $AGENTCTL_EXIT_CODE.\" >> ~/book");
        var agent = await AgentIn(Project);
        await Kill(ShimOf(agent));
        Assert.Equal("running", (await One(looker))!.Status);
        Assert.Equal(0, Completed);
        await Kill(agent);
        await Kill(await ChildIn(Project));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => looker.Quietly("list", "-a")));
        await Eventually.True("the hook", Deadline, () => Completed == 1);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => looker.Quietly("list", "-a")));
        await Eventually.True("its shim to be gone", Deadline, () => LivingAgents().Count == 0);
        Assert.Equal("completed .\n", File.ReadAllText(Book));
        await Eventually.True("nothing to be marked as living", Deadline, () => Directory.GetFileSystemEntries(Path.Combine(Sandbox.AgentctlHome, "live")).Length == 0);
    }

    [Fact]
    public async Task Hook_that_is_cut_off_is_lost_and_never_repeated()
    {
        await Launched("quick", "--on-complete", "echo completed >> ~/book; exec sleep 600");
        await Eventually.True("the hook", Deadline, () => Completed == 1);
        var script = await Eventually.See("the script to have become sleep", Deadline, () => LivingAgents().FirstOrDefault(process => process.Comm == "sleep")!, process => process is not null);
        await Kill(ShimOf(script));
        await Kill(script);
        for (var i = 0; i < 3; i++)
        {
            await Served.Quietly("list", "-a");
            await Served.Quietly("daemon", "restart");
        }

        Assert.Equal(1, Completed);
        var hooks = await Served.Run("status", (await One(Served))!.Id);
        Assert.Contains("on-complete lost: cut off, and never repeated", hooks.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Config_s_hooks_run_unless_an_empty_one_is_said()
    {
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "on_complete": "echo completed >> ~/book" }""");
        await Launched("quick");
        await Eventually.True("the hook", Deadline, () => Completed == 1);
        await Launched("quick", "--on-complete", "");
        await Eventually.True("nothing to live", Deadline, () => LivingAgents().Count == 0);
        Assert.Equal(1, Completed);
    }

    private Dictionary<string, string> Environment(string file) => File.ReadAllLines(Path.Combine(Sandbox.Home, file))
        .Where(line => line.Contains('=', StringComparison.Ordinal))
        .ToDictionary(line => line[..line.IndexOf('=', StringComparison.Ordinal)], line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
}
