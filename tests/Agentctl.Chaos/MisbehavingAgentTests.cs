using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Agents that do not do as they should, and what is true of them all the same.</summary>
public sealed class MisbehavingAgentTests : World
{
    [Fact]
    public async Task Agent_that_ignores_SIGTERM_is_killed_at_the_deadline()
    {
        await Launched("stubborn");
        var id = (await One(Alone))!.Id;
        var stopped = await Alone.Run("stop", id, "--timeout", "500ms");
        Assert.Equal(0, stopped.ExitCode);
        Assert.Equal(("stopped (asked)", 137), ((await One(Alone))!.State, (await One(Alone))!.ExitCode));
        Assert.Empty(LivingAgents());
    }

    [Fact]
    public async Task Agent_that_closes_its_streams_runs_and_ends_like_any_other()
    {
        Launch("closing secret");
        await ChildIn(Project);
        Assert.True((await One(Alone))!.Alive);
        File.WriteAllText(Path.Combine(Project, "tell"), "");
        LetEnd();
        await Eventually.See("its end", Deadline, () => One(Alone), row => row?.State == "stopped (done)");
        await Eventually.See("nothing left", Deadline, LivingAgents, living => living.Count == 0);
    }

    [Fact]
    public async Task Child_that_left_session_group_title_and_environment_is_ended_and_reported()
    {
        await Launched("double-fork");
        var stray = await Named(Path.Combine(Project, "stray.pid"));
        Assert.NotNull(stray.Now());
        LetEnd();
        await Eventually.See("its end", Deadline, () => One(Alone), row => row?.State == "stopped (done)");
        Assert.Null(stray.Now());
        var explained = await Alone.Run("explain", (await One(Alone))!.Id);
        Assert.Contains($"pid {stray.Pid}", explained.Output.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orphan_of_a_killed_shim_is_found_by_the_cgroup_although_it_cleared_its_environment()
    {
        Assert.SkipUnless((await Alone.Run("doctor")).Output.Contains("cgroup: below", StringComparison.Ordinal), "launches get no cgroup here");
        await Launched("double-fork");
        var (agent, stray) = (await AgentIn(Project), await Named(Path.Combine(Project, "stray.pid")));
        await Kill(ShimOf(agent));
        await Kill(agent);
        await Kill(await ChildIn(Project));
        var told = (await One(Alone))!;
        Assert.True(told.Alive, told.Raw);
        Assert.Equal([Project], await Locks(Alone));
        Assert.Equal(0, (await Alone.Run("stop", told.Id)).ExitCode);
        Assert.Null(stray.Now());
        Assert.Equal("stopped (asked)", (await One(Alone))!.State);
    }

    [Fact]
    public async Task Children_live_on_when_that_was_asked_for()
    {
        await Launched("work", "--keep-children");
        var child = await ChildIn(Project);
        LetEnd();
        await Eventually.See("its end", Deadline, () => One(Alone), row => row?.State == "stopped (done)");
        Assert.NotNull(child.Now());
        Assert.Empty(await Locks(Alone));
        await Kill(child);
    }

    [Fact]
    public async Task Agent_that_exits_within_5_ms_has_its_true_exit_code()
    {
        var result = await Launched("code7");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(("error (exit-7)", 7), ((await One(Alone))!.State, (await One(Alone))!.ExitCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gigabyte_of_output_takes_no_gigabyte_of_disk(bool inotify)
    {
        Requirement.That(inotify || Environment.UserName == "root", "root, to limit a namespace of its own");
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "output_cap_mb": 8 }""");
        if (inotify)
        {
            Launch("flood");
        }
        else
        {
            Sandbox.Start(WithoutInotify("launch", "probe", "-p", "flood", "--cwd", Project), Alone.Variables);
        }

        await Told(Project);
        if (!inotify)
        {
            // It looks once a second there.
            await Eventually.See("its output to be kept small", Deadline, Taken, static bytes => bytes < 64L << 20);
        }

        LetEnd();
        await Eventually.See("its end", TimeSpan.FromSeconds(60), () => One(Alone), row => row?.State == "stopped (done)");
        Assert.True(new FileInfo(Output()).Length > 1L << 30, "its offsets are true");
        Assert.InRange(await Taken(), 0, 64L << 20);

        string Output() => Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdout.log", SearchOption.AllDirectories).Single();

        async Task<long> Taken() => long.Parse((await Sandbox.Run(["stat", "-c", "%b", Output()])).Output, System.Globalization.CultureInfo.InvariantCulture) * 512;
    }

    [Fact]
    public async Task Launch_is_told_its_session_at_once_where_the_kernel_has_no_inotify_instance_left()
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        var clock = new MachineClock();
        var launched = await Sandbox.Run(WithoutInotify("launch", "probe", "-p", "work", "--cwd", Project), Alone.Variables);
        Assert.StartsWith("Launched session probe-", launched.Output, StringComparison.Ordinal);

        // Who waited for a word of the kernel would have waited for twenty seconds.
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Storm_of_forks_is_ended_with_its_agent()
    {
        await Launched("storm");
        await ChildIn(Project);
        Assert.True(LivingAgents().Count > 300);
        var stopped = await Alone.Run("stop", "--all");
        Assert.Equal(0, stopped.ExitCode);
        Assert.Empty(LivingAgents());
    }

    [Fact]
    public async Task Launch_that_runs_out_of_time_ends_as_timeout_with_exit_code_3()
    {
        var result = await Launched("stubborn", "--wait", "--timeout", "300ms");
        Assert.Equal(3, result.ExitCode);
        Assert.Equal("error (timeout)", (await One(Alone))!.State);
    }

    [Theory]
    [InlineData("/nowhere/agent", "was not found")]
    [InlineData("/etc/passwd", "Permission denied")]
    public async Task W41_agent_that_cannot_be_run_is_said_in_the_same_call_and_leaves_nothing(string program, string why)
    {
        Configure($$"""{ "agents": { "broken": { "launch": ["{{program}}", "{prompt}"] } } }""");
        var result = await Alone.Run("launch", "broken", "-p", "hello", "--cwd", Project);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
        Assert.Empty(await List(Alone));
        Assert.Empty(await Locks(Alone));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Sandbox.AgentctlHome)).Where(path => Path.GetFileName(path) is "launches" or "live").SelectMany(Directory.GetFileSystemEntries));
    }

    [Fact]
    public async Task Directory_that_is_not_there_is_bad_input()
    {
        var result = await LaunchIn("/no/such/place", "work").Exit();
        Assert.Equal((2, false), (result.ExitCode, Directory.Exists(Path.Combine(Sandbox.AgentctlHome, "launches"))));
    }

    [Fact]
    public async Task W50_nothing_of_a_launch_is_readable_by_others()
    {
        await Launched("quick");
        foreach (var path in Directory.EnumerateFileSystemEntries(Path.Combine(Sandbox.AgentctlHome, "launches"), "*", SearchOption.AllDirectories))
        {
            var mode = File.GetUnixFileMode(path);
            Assert.True((mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) == UnixFileMode.None, $"{path} is {mode}");
        }
    }

    [Fact]
    public async Task Agent_gets_the_callers_environment_without_other_agents_sessions()
    {
        Configure("""{ "agents": { "env": { "launch": ["/usr/bin/env"], "stdin": "text" } } }""");
        Sandbox.Variables["CLAUDE_CODE_SESSION_ID"] = "outer";
        Sandbox.Variables["CODEX_THREAD_ID"] = "outer";
        Sandbox.Variables["MY_OWN"] = "kept";
        var result = await Alone.Run("launch", "env", "-p", "x", "--wait", "--env", "EXTRA=given", "--cwd", Project);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("MY_OWN=kept", result.Output);
        Assert.Contains("EXTRA=given", result.Output);
        Assert.Contains("AGENTCTL_LAUNCH_ID=", result.Output);
        Assert.DoesNotContain("outer", result.Output);
        Assert.DoesNotContain("given", string.Concat(Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "*.json", SearchOption.AllDirectories).Select(File.ReadAllText)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_of_five_megabytes_reaches_the_agents_input_whole_and_a_NUL_is_refused()
    {
        Configure("""{ "agents": { "sum": { "launch": ["/usr/bin/sha256sum"], "stdin": "text" } } }""");
        var prompt = Sandbox.HomeFile("prompt", "--looks like a flag\n" + new string('ü', 5 << 20));
        var launched = await Sandbox.Run(["sh", "-c", $"exec {AgentctlCli.Program} launch sum --wait -p - --cwd {Project} < {prompt}"], Alone.Variables);
        Assert.Equal(0, launched.ExitCode);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(prompt))), launched.Output, StringComparison.Ordinal);

        var refused = await Sandbox.Run(["sh", "-c", $"printf 'a\\0b' | {AgentctlCli.Program} launch sum -p - --cwd {Project}"], Alone.Variables);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("NUL", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(131_071, 0)]
    [InlineData(131_072, 2)]
    public async Task Prompt_that_the_kernel_takes_as_an_argument_is_given_and_a_longer_one_is_refused_with_the_way_out(int length, int code)
    {
        Configure("""{ "agents": { "true": { "launch": ["/bin/true", "{prompt}"] } } }""");
        var prompt = Sandbox.HomeFile("prompt", new string('x', length));
        var launched = await Sandbox.Run(["sh", "-c", $"exec {AgentctlCli.Program} launch true --wait -p - --cwd {Project} < {prompt}"], Alone.Variables);
        Assert.True(launched.ExitCode == code, launched.Error);
        Assert.Equal(code != 0, launched.Error.Contains("\"stdin\": \"text\"", StringComparison.Ordinal));
        Assert.Equal(code == 0 ? 1 : 0, (await List(Alone)).Count);
    }

    [Fact]
    public async Task Stop_of_all_when_there_is_nothing_is_done()
    {
        Assert.Equal(0, (await Alone.Run("stop", "--all")).ExitCode);
        Assert.Equal(4, (await Alone.Run("stop", "--group", "nobody")).ExitCode);
    }

    [Fact]
    public async Task W1_editor_that_looks_like_agentctl_survives_everything()
    {
        var editor = Sandbox.Start(["bash", "-c", "exec -a 'vim agentctl daemon.cs' sleep 600"]);
        await Served.Run("daemon", "start");
        await Launched("work");
        await Served.Run("daemon", "restart");
        await Served.Run("prune");
        await Served.Run("stop", "--all", "--force");
        await Served.Run("daemon", "stop");
        Assert.False(editor.HasExited);
        await editor.Kill();
    }

    [Fact]
    public async Task W4_stop_of_an_ended_session_leaves_the_living_one_in_the_same_directory_alone()
    {
        await Launched("quick");
        var ended = (await One(Alone))!;
        await Launched("work");
        var stopped = await Alone.Run("stop", ended.Id);
        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains("already-stopped", stopped.Output);
        Assert.Single(await List(Alone), row => row.Alive);
        await Alone.Run("stop", "--all");
    }
}
