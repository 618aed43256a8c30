using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>kill -9 of every part of an ACP session: the crash table of the tool that agentctl replaces, and worse.</summary>
public sealed class AcpKillTests : AcpWorld
{
    /// <summary>Founding incident 3: a host makes one-shot sessions, prompts them, and dies; nobody ever closes them.</summary>
    [Fact]
    public async Task One_shot_zombies_87_hosts_die_and_the_88th_starts_at_once()
    {
        Configure("\"max_concurrent\": 8");
        var host = Sandbox.HomeFile("host.sh", """
            "$AGENTCTL" sessions ensure --oneshot -s "$1" --cwd "$2" > /dev/null && "$AGENTCTL" prompt -s "$1" --cwd "$2" 'sleep 20; echo done' > /dev/null &
            [ "$3" = waits ] && wait
            kill -9 $$
            """);
        Sandbox.Variables["AGENTCTL"] = AgentctlCli.Program;
        await Served.Run("daemon", "start");
        foreach (var batch in Enumerable.Range(1, 87).Chunk(6))
        {
            await Task.WhenAll(batch.Select(number => Sandbox.Start(["bash", host, $"host-{number}", Project, number % 3 == 0 ? "dies" : "waits"], Served.Variables).Exit()));
            await NothingLeft();
        }

        var sessions = await AllClosed(Served);
        Assert.True(sessions.Count >= 87, $"{sessions.Count} sessions");
        Assert.DoesNotContain(await List(Served), static row => row.Alive);
        var counted = new MachineClock();
        Assert.Equal("88\n", (await In(Served, "exec", "--format", "quiet", "echo 88")).Output);
        Assert.InRange(counted.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task A_turn_with_questions_survives_twenty_deaths_of_the_daemon()
    {
        const int Count = 20_000;
        await NewSession(Served, "--approve-all");
        var prompt = Start(Served, "prompt", "--format", "quiet", $"flood-asking {Count} 50");
        var random = new Random(20261127);
        var deaths = 0;
        while (!prompt.HasExited && deaths < 20)
        {
            await Task.Delay(random.Next(5, 120));
            if (Daemon() is { } daemon)
            {
                await Signals.Send("KILL", daemon);
                deaths++;
            }

            await Served.Quietly("sessions", "list");
        }

        var result = await prompt.Exit();

        Sandbox.Tell($"{deaths} deaths");
        Assert.True(result.ExitCode == 0, $"after {deaths} deaths it ended with {result.ExitCode}: {result.Error}");
        Assert.Equal(string.Concat(Enumerable.Range(1, Count).Select(static i => $"chunk {i} of {Count}; ")), result.Output.TrimEnd('\n'));
        Assert.Equal(
            Enumerable.Range(1, Count / 50).Select(static i => $"answer step-{i * 50} a"),
            Logged().Where(static line => line.StartsWith("answer ", StringComparison.Ordinal)));
        Assert.Single(Logged(), static line => line.StartsWith("prompt ", StringComparison.Ordinal));
        Assert.True(deaths >= 3, $"only {deaths} deaths came in time");
    }

    /// <summary>Whoever heard nothing cannot know whether it was taken.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_prompt_sent_again_to_the_next_daemon_is_done_once(bool isExec)
    {
        await Served.Run("daemon", "start");
        var whose = isExec ? $"\"exec\": {{ \"agent\": \"good\", \"cwd\": \"{Project}\" }}" : $"\"session\": \"{await NewSession(Served)}\"";
        var order = $"{{ \"id\": \"0123456789ab\", {whose}, \"text\": \"until {Sign("go")}; echo done\" }}";
        using (var first = await Post(order))
        {
            Assert.Contains("\"accepted\"", await first.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
            await Reached("prompt until");
            await KillDaemon();
        }

        await Served.Run("daemon", "start");
        using var second = await Post(order);
        Assert.Contains("\"accepted\"", await second.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Give("go");
        var last = await Result(second);

        // Also when it is over; and a daemon that died after its last word does not make anybody wait for another.
        using var third = await Post(order);
        await Result(third);
        using var daemon = Connect();
        using var past = new StreamReader(await daemon.GetStreamAsync(
            $"http://agentctl/v1/acp/sessions/{last.GetProperty("result").GetProperty("session").GetString()}/watch?requestId={last.GetProperty("requestId").GetString()}&after={last.GetProperty("cursor").GetString()}",
            TestContext.Current.CancellationToken));
        await Result(past);
        Assert.Single(Logged(), static line => line.StartsWith("prompt ", StringComparison.Ordinal));
        Assert.Single(await Sessions(Served));
    }

    private static async Task<JsonElement> Result(StreamReader events)
    {
        var last = JsonDocument.Parse((await events.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline)).TrimEnd().Split('\n')[^1]).RootElement;
        Assert.Equal("completed", last.GetProperty("result").GetProperty("status").GetString());
        return last;
    }

    private async Task<StreamReader> Post(string prompt)
    {
        var daemon = Connect();
        var answer = await daemon.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "http://agentctl/v1/acp/prompts") { Content = new StringContent(prompt, Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        return new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("good")]
    [InlineData("deaf")]
    public async Task With_daemon_and_command_dead_the_shim_ends_a_one_shot(string agent)
    {
        var exec = Start(Served, "exec", "-a", agent, "hang");
        await Reached("prompt hang");
        await Kill(ProcessStat.Read(exec.Pid)!);
        await KillDaemon();
        await NothingLeft(TimeSpan.FromSeconds(60));
        await AllClosed(Alone);
        await AllClosed(Served);
    }

    /// <summary>The answer stands in the output, and so do questions that were answered: neither is lost, neither is done again.</summary>
    [Fact]
    public async Task What_an_agent_wrote_while_there_was_no_daemon_is_read_by_the_next()
    {
        await NewSession(Served, "--approve-all", "--ttl", "60s");
        var name = (await In(Served, "prompt", "--no-wait", $"write {Project}/once first; until {Sign("go")}; echo done")).Output.Trim();
        await Eventually.True("the answer to be with the agent", Deadline, () => Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdin.keys", SearchOption.AllDirectories)
            .Any(static keys => File.ReadAllText(keys).Contains("re:", StringComparison.Ordinal)));
        await KillDaemon();
        File.WriteAllText(Path.Combine(Project, "once"), "changed by a person");
        Give("go");
        await Reached("end write");
        Assert.Equal("writtendone", (await Served.Run("wait", name)).Output.Trim());
        Assert.Equal("changed by a person", File.ReadAllText(Path.Combine(Project, "once")));
    }

    /// <summary>A daemon that begins while another process drives a session goes on with it as soon as that is gone.</summary>
    [Fact]
    public async Task What_a_killed_command_drove_is_gone_on_with_by_the_daemon_that_was_there_before_it_died()
    {
        var id = await NewSession(Alone, "--approve-all");
        var prompt = Start(Alone, "prompt", $"until {Sign("go")}; write {Project}/made here; echo done");
        await Reached("prompt until");
        await Served.Run("daemon", "start");
        await Kill(ProcessStat.Read(prompt.Pid)!);
        Give("go");

        // What the agent asks for next is answered by somebody.
        await Eventually.True("the file to be written", Deadline, () => File.Exists(Path.Combine(Project, "made")));
        await Eventually.See("the end of the turn", Deadline, () => Session(Served, id), static one => one.Status == "idle");
        Assert.Contains("done", (await Served.Run("sessions", "history", id)).Output, StringComparison.Ordinal);
    }

    /// <summary>What another process drives raises no signal in ours: the files tell.</summary>
    [Fact]
    public async Task Who_watches_what_another_process_drives_is_told_when_it_happens()
    {
        var id = await NewSession(Alone);
        var prompt = Start(Alone, "prompt", $"until {Sign("first")}; echo once; until {Sign("second")}; echo twice");
        await Reached("prompt until");
        await Served.Run("daemon", "start");
        var watchers = ((AgentctlCli[])[Alone, Served]).Select(agentctl => Start(agentctl, "sessions", "watch", id)).ToList();
        Give("first");
        await Task.WhenAll(watchers.Select(static watcher => watcher.Printed("\"once\"", TimeSpan.FromSeconds(20))));
        Give("second");
        Assert.Equal(0, (await prompt.Exit()).ExitCode);
        await Task.WhenAll(watchers.Select(static watcher => watcher.Printed("\"twice\"", TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task Events_tell_the_turns_of_a_session_that_another_process_drives()
    {
        var events = Start(Served, "events");
        await events.Printed("\"type\":\"snapshot\"");
        await NewSession(Alone);
        var prompt = Start(Alone, "prompt", $"until {Sign("go")}; echo done");
        await events.Printed("\"status\":\"running\"", TimeSpan.FromSeconds(20));
        Give("go");
        Assert.Equal(0, (await prompt.Exit()).ExitCode);
        await Eventually.True("the end of the turn to be told", TimeSpan.FromSeconds(20), () => events.Output.TrimEnd().Split('\n')[^1].Contains("\"status\":\"idle\"", StringComparison.Ordinal));
    }

    /// <summary>Who waits for a result is the one who has to look after it, when nobody else does any more.</summary>
    [Fact]
    public async Task What_a_killed_command_drove_is_gone_on_with_for_who_waits_for_its_result()
    {
        await Served.Run("daemon", "start");
        var id = await NewSession(Alone, "--approve-all");
        var prompt = Start(Alone, "prompt", $"until {Sign("go")}; write {Project}/made here; echo done");
        await Reached("prompt until");
        using var daemon = Connect();
        var request = JsonDocument.Parse((await Alone.Run("sessions", "history", id, "--json")).Output).RootElement.GetProperty("entries").EnumerateArray().Last().GetProperty("requestId").GetString();
        var stop = TestContext.Current.CancellationToken;
        using var watched = new StreamReader(await daemon.GetStreamAsync($"http://agentctl/v1/acp/sessions/{id}/watch?requestId={request}", stop));
        while (await watched.ReadLineAsync(stop) is { } line && !line.Contains("\"started\"", StringComparison.Ordinal))
        {
            // It is followed from here on.
        }

        await Kill(ProcessStat.Read(prompt.Pid)!);
        Give("go");
        Assert.Contains("\"completed\"", (await watched.ReadToEndAsync(stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Project, "made")));
    }

    /// <summary>Nobody is told, and nobody looks: no daemon is started again.</summary>
    [Fact]
    public async Task With_daemon_and_command_dead_the_shim_ends_a_persistent_agent_when_its_rest_is_over()
    {
        var id = await NewSession(Served, "-a", "deaf", "--ttl", "3s");
        var prompt = Start(Served, "prompt", "-a", "deaf", "hang");
        await Reached("prompt hang");

        // The command first: it would start another daemon.
        await Kill(ProcessStat.Read(prompt.Pid)!);
        await KillDaemon();
        await NothingLeft(TimeSpan.FromSeconds(30));
        foreach (var agentctl in (AgentctlCli[])[Alone, Served])
        {
            Assert.True(await Session(agentctl, id) is { Closed: false, Status: "stopped" });
            Assert.False((await List(agentctl)).Single().Alive);
        }

        Assert.Equal("on\n", (await In(Served, "prompt", "-a", "deaf", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task A_limit_holds_while_the_agent_starts_too()
    {
        var clock = Stopwatch.StartNew();
        var counted = new MachineClock();
        Assert.Equal(3, (await In(Served, "exec", "-a", "hangs", "--timeout", "1s", "x")).ExitCode);
        Assert.True(clock.Elapsed.TotalSeconds >= 1, $"after {clock.Elapsed.TotalSeconds} s");
        Assert.InRange(counted.Elapsed.TotalSeconds, 0, 5);
        await NothingLeft();
    }

    [Fact]
    public async Task Killing_the_command_of_an_exec_ends_its_agent()
    {
        var exec = Start(Served, "exec", "-a", "deaf", "hang");
        await Reached("prompt hang");
        await Kill(ProcessStat.Read(exec.Pid)!);
        await NothingLeft();
        await AllClosed(Served);
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("shim")]
    public async Task Killing_what_carries_a_turn_fails_it_and_the_session_goes_on(string victim)
    {
        var id = await NewSession(Served, "-a", "deaf");
        var prompt = Start(Served, "prompt", "-a", "deaf", "hang");
        await Reached("prompt hang");
        await Kill(victim == "agent" ? Agent() : Shim());
        var failed = await prompt.Exit();

        // An agent whose input ends may have the time to say that its turn is cancelled.
        Assert.Contains(failed.ExitCode, victim == "shim" ? [1, 130] : (int[])[1]);
        Assert.True(failed.Error.Contains("ended before it had answered", StringComparison.Ordinal) || (victim == "shim" && failed.Error.Contains("by itself", StringComparison.Ordinal)), failed.Error);
        await NothingLeft();
        Assert.False((await Session(Served, id)).Closed);
        Assert.Equal("on\n", (await In(Served, "prompt", "-a", "deaf", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task Close_of_a_deaf_agent_takes_no_longer_than_its_grace()
    {
        var id = await NewSession(Served, "-a", "deaf");
        var counted = new MachineClock();
        Assert.Equal(0, (await Served.Run("sessions", "close", id)).ExitCode);
        Assert.InRange(counted.Elapsed.TotalSeconds, 0, 6);
        await NothingLeft();
        Assert.True((await Session(Served, id)).Closed);
    }

    [Fact]
    public async Task An_idle_agent_gives_its_slot_and_its_session_stays_open()
    {
        Configure("\"max_concurrent\": 2");
        var first = await NewSession(Served, "-s", "first");
        await NewSession(Served, "-s", "second");
        await NewSession(Served, "-s", "third");
        Assert.Equal("stopped", (await Session(Served, first)).Status);
        Assert.False((await Session(Served, first)).Closed);
        Assert.Equal("stopped (resumable)", (await List(Served)).Single(static row => !row.Alive).State);

        var busy = (string[])["second", "third"];
        var prompts = busy.Select(name => Start(Served, "prompt", "-s", name, $"hang {name}")).ToList();
        await Reached("prompt hang second");
        await Reached("prompt hang third");
        var refused = await In(Served, "prompt", "-s", "first", "echo x");
        Assert.Equal(5, refused.ExitCode);
        Assert.StartsWith("max concurrent sessions reached (2/2)", refused.Error.Split('\n').First(static line => line.StartsWith("max", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.All(prompts, static prompt => Assert.False(prompt.HasExited));
    }

    [Fact]
    public async Task An_agent_that_rests_too_long_ends_and_its_session_stays_open()
    {
        var id = await NewSession(Served, "--ttl", "1s");
        await NothingLeft();
        await Eventually.See("the session at rest", Deadline, () => Session(Served, id), static session => session is { Closed: false, Status: "stopped" });
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    /// <summary>Whatever is killed, nothing is left: first looked at without a daemon, then with one.</summary>
    [Fact]
    public async Task A_hundred_one_shots_under_random_kill_9_leave_nothing()
    {
        Configure("\"max_concurrent\": 8");
        var random = new Random(5);
        await Served.Run("daemon", "start");
        for (var round = 0; round < 25; round++)
        {
            var commands = Enumerable.Range(0, 4).Select(i => Start(Served, "exec", "-a", i == 0 ? "deaf" : "good", $"sleep {random.Next(0, 200)}; echo x")).ToList();
            await Task.Delay(random.Next(20, 150));
            foreach (var process in Sandbox.Living().Where(_ => random.Next(3) == 0))
            {
                if (process.Comm is "agentctl" or "agentctld" || process.CommandLine().Contains("agentctl-s", StringComparison.Ordinal))
                {
                    await Signals.Send("KILL", process);
                }
            }

            foreach (var command in commands)
            {
                await command.Exit(TimeSpan.FromSeconds(30));
            }
        }

        // Whoever looks ends what a killed shim has left: nobody can speak to it any more.
        await KillDaemon();
        await Sessions(Alone);
        await NothingLeft(TimeSpan.FromSeconds(75));
        await AllClosed(Alone);
        Assert.DoesNotContain(await List(Alone), static row => row.Alive);

        // A daemon gives those who asked a moment to come back, and begins nothing for them meanwhile.
        await Served.Run("daemon", "start");
        var begun = Logged().Count;
        await AllClosed(Served);
        Assert.DoesNotContain(await List(Served), static row => row.Alive);
        Assert.Equal(begun, Logged().Count);
    }
}
