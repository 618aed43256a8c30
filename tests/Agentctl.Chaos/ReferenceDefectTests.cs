using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Defects measured in the tool we replace, by their numbers: each must be impossible here.</summary>
public sealed class ReferenceDefectTests : World
{
    [Fact]
    public async Task W3_restarted_daemon_signals_nobody_however_long_a_launch_has_run()
    {
        await Launched("secret-for-ever");
        var agent = await AgentIn(Project);
        for (var i = 0; i < 3; i++)
        {
            await Served.Run("daemon", "restart");
        }

        Assert.NotNull(agent.Now());
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task W9_twelve_agents_with_command_lines_of_100_kilobytes_are_all_told()
    {
        var prompt = "work " + new string('x', 100_000);
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(0, (await LaunchIn(Sandbox.Folder($"p{i}"), prompt).Exit()).ExitCode);
        }

        Assert.Equal(12, (await List(Alone)).Count(row => row.Status == "running"));
        Assert.Equal(12, (await List(Served)).Count(row => row.Status == "running"));
        Assert.Equal(0, (await Alone.Quietly("stop", "--all", "--force")).ExitCode);
    }

    [Fact]
    public async Task W25_resumed_agent_that_prints_2_megabytes_ends_although_nobody_reads()
    {
        Sandbox.Variables["FLOOD_BYTES"] = "2097152";
        await Launched("work");
        LetEnd();
        var ended = (await Eventually.See("its end", Deadline, () => One(Alone), row => row?.State == "stopped (done)"))!;
        var resumed = await Alone.Run("resume", ended.Id, "flood");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        await Eventually.See("the end of the second run", Deadline, () => List(Alone), rows => rows.All(row => row.State == "stopped (done)"));
        Assert.Contains(await List(Alone), row => row.Id == ended.Id);
    }

    [Fact]
    public async Task W10_W12_launched_session_keeps_its_row_from_its_first_moment_until_seven_days_after_its_end()
    {
        await Launched("work", "--name", "kept", "--group", "g-1");
        Assert.Equal("running", (await One(Alone))!.Status);
        LetEnd();
        var ended = await Eventually.See("its end", Deadline, () => One(Alone), row => row?.State == "stopped (done)");
        Assert.Contains("\"name\": \"kept\"", ended!.Raw);
        Assert.Contains("\"group\": \"g-1\"", ended.Raw);
    }

    [Fact]
    public async Task W11_two_launches_forced_into_one_directory_are_two_sessions_with_their_own_ends()
    {
        await Launched("work");
        var first = (await One(Alone))!;
        File.Delete(Path.Combine(Project, "told"));
        Assert.Equal(0, (await Launched("stubborn", "--force")).ExitCode);
        Assert.Equal(2, (await List(Alone)).Count(row => row.Status == "running"));
        Assert.Equal(0, (await Alone.Run("stop", first.Id)).ExitCode);
        Assert.Equal(["running", "stopped"], (await List(Alone)).Select(row => row.Status).Order());
        await Alone.Run("stop", "--all", "--force");
    }

    [Fact]
    public async Task W20_launches_at_the_same_time_have_ids_and_logs_of_their_own()
    {
        var launches = Enumerable.Range(0, 10).Select(i => LaunchIn(Sandbox.Folder($"p{i}"), "work")).ToList();
        foreach (var launch in launches)
        {
            Assert.Equal(0, (await launch.Exit()).ExitCode);
        }

        var rows = await List(Alone);
        Assert.Equal(10, rows.Select(row => row.Id).Distinct().Count());
        Assert.Equal(10, rows.Select(row => JsonDocument.Parse(row.Raw).RootElement.GetProperty("cwd").GetString()).Distinct().Count());
        await Alone.Run("stop", "--all", "--force");
    }

    [Fact]
    public async Task W23_callback_keys_stay_in_meta_for_good()
    {
        await Launched("work", "--callback-session", "agent:main:x", "--callback-agent", "main");
        LetEnd();
        var ended = (await Eventually.See("its end", Deadline, () => One(Served), row => row?.Alive == false))!;
        var meta = JsonDocument.Parse(ended.Raw).RootElement.GetProperty("meta");
        Assert.Equal(("agent:main:x", "main"), (meta.GetProperty("openclaw_callback_session_key").GetString(), meta.GetProperty("openclaw_callback_agent_id").GetString()));
    }

    [Fact]
    public async Task W27_killed_agent_is_told_by_its_signal_and_never_as_done()
    {
        await Launched("work");
        await Kill(await AgentIn(Project));
        Assert.Equal(("error (signal-9)", 137), await Eventually.See("its end", Deadline, () => One(Alone), row => row?.Alive == false) is { } row ? (row.State, row.ExitCode) : default);
    }

    [Fact]
    public async Task W32_lock_is_durable_when_the_command_returns()
    {
        await Served.Run("lock", Project, "--by", "ann");
        await Kill(Daemon()!);
        Assert.Equal([Project], await Locks(Alone));
    }

    [Fact]
    public async Task W33_corrupt_lock_is_named_and_blocks_nothing_else()
    {
        await Alone.Run("lock", Project, "--by", "ann");
        File.WriteAllText(Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "locks"), "*.json").Single(), "{}");
        var locks = await Alone.Run("locks");
        Assert.Equal(0, locks.ExitCode);
        Assert.Contains("cannot be read", locks.Error);
        Assert.Equal(0, (await LaunchIn(Sandbox.Folder("elsewhere"), "quick").Exit()).ExitCode);
        Assert.True(Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "locks"), "*.json").Length == 1, "never silently emptied");
    }

    [Fact]
    public async Task W58_rows_of_launches_are_the_same_bytes_with_and_without_a_daemon()
    {
        await Served.Run("launch", "probe", "-p", "work", "--cwd", Project);
        await LaunchIn(Sandbox.Folder("ended"), "code7").Exit();
        await Told(Project);
        var (served, alone) = (await Served.Quietly("list", "-a", "--json"), await Alone.Quietly("list", "-a", "--json"));
        Assert.Equal(alone.Output, served.Output);
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Nothing_is_written_beside_the_agents_own_files_and_nothing_is_called_pending()
    {
        await Served.Run("launch", "probe", "-p", "quick", "--cwd", Project, "--wait");
        Assert.Equal(["agent.pid"], Directory.GetFileSystemEntries(Project).Select(Path.GetFileName));
        Assert.Equal([".agentctl", "bin"], Directory.GetFileSystemEntries(Sandbox.Home).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(Directory.GetFileSystemEntries(Sandbox.AgentctlHome, "*", SearchOption.AllDirectories), path => path.Contains("pending", StringComparison.Ordinal));
    }
}
