using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>ACP sessions as a user sees them: made, prompted, queued, cancelled, closed, gone on with.</summary>
public sealed class AcpSessionTests : AcpWorld
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exec_answers_and_leaves_nothing_open(bool withDaemon)
    {
        var agentctl = withDaemon ? Served : Alone;
        var result = await In(agentctl, "exec", "--format", "quiet", "echo hello");
        Assert.Equal((0, "hello\n"), (result.ExitCode, result.Output));
        await NothingLeft();
        Assert.Equal("oneshot", Assert.Single(await AllClosed(agentctl)).Mode);
        Assert.Equal("stopped (done)", (await List(agentctl)).Single().State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exec_answers_where_the_kernel_has_no_inotify_instance_left(bool withDaemon)
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        var result = await Sandbox.Run(World.WithoutInotify("exec", "--format", "quiet", "--cwd", Project, "echo hello"), (withDaemon ? Served : Alone).Variables);
        Assert.Equal((0, "hello\n"), (result.ExitCode, result.Output));
        await NothingLeft();
    }

    [Fact]
    public async Task A_session_keeps_its_conversation_while_its_agent_comes_and_goes()
    {
        await NewSession(Served, "-s", "one");
        await In(Served, "prompt", "-s", "one", "echo first");
        var (id, running) = (Agent().Pid, await List(Served));
        Assert.Equal("idle", running.Single().Status);
        Assert.Equal(0, (await Served.Run("stop", running.Single().Id)).ExitCode);
        await NothingLeft();
        Assert.False((await Sessions(Served)).Single().Closed);

        var again = await In(Served, "prompt", "-s", "one", "--format", "quiet", "history");

        Assert.Equal("echo first|history\n", again.Output);
        Assert.NotEqual(id, Agent().Pid);
        Assert.Equal(running.Single().Id, (await List(Served)).Single().Id);
        Assert.Contains(Logged(), line => line.StartsWith("resume ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_resumed_is_loaded_and_what_cannot_be_loaded_is_begun_anew_with_a_word()
    {
        var loads = await NewSession(Served, "-a", "loads");
        await In(Served, "prompt", "-a", "loads", "echo one");
        await Served.Run("stop", "--all");
        var loaded = await In(Served, "prompt", "-a", "loads", "--format", "quiet", "history");
        Assert.Equal("echo one|history\n", loaded.Output);
        Assert.DoesNotContain("new session", loaded.Error, StringComparison.Ordinal);

        await NewSession(Served, "-a", "forgets");
        await In(Served, "prompt", "-a", "forgets", "echo one");
        await Served.Run("stop", "--all");
        var begun = await In(Served, "prompt", "-a", "forgets", "history");
        Assert.Equal(0, begun.ExitCode);
        Assert.Contains("it does not know what was said before", begun.Error, StringComparison.Ordinal);
        Assert.NotEmpty(loads);
    }

    [Fact]
    public async Task Prompts_wait_their_turn_and_their_results_are_kept()
    {
        await NewSession(Served);
        var names = new List<string>();
        string[] texts = [$"until {Sign("go")}; echo one", "echo two", "echo three"];
        foreach (var text in texts)
        {
            names.Add((await In(Served, "prompt", "--no-wait", text)).Output.Trim());
        }

        await KillDaemon();
        Give("go");
        var results = new List<string>();
        foreach (var name in names)
        {
            results.Add((await Served.Run("wait", name)).Output.Trim());
        }

        Assert.Equal(["one", "two", "three"], results);
        Assert.Equal(texts, Logged().Where(static line => line.StartsWith("end ", StringComparison.Ordinal)).Select(static line => line[4..]));
    }

    [Fact]
    public async Task A_full_queue_survives_the_daemon_and_its_agent()
    {
        await NewSession(Served);
        var names = new List<string> { (await In(Served, "prompt", "--no-wait", "sleep 60000")).Output.Trim() };
        await Reached("prompt sleep");
        for (var i = 1; i <= 16; i++)
        {
            names.Add((await In(Served, "prompt", "--no-wait", $"echo {i}")).Output.Trim());
        }

        Assert.Equal(5, (await In(Served, "prompt", "--no-wait", "echo too many")).ExitCode);
        await KillDaemon();
        await Kill(Agent());

        Assert.Equal(1, (await Served.Run("wait", names[0])).ExitCode);
        for (var i = 1; i <= 16; i++)
        {
            Assert.Equal($"{i}\n", (await Served.Run("wait", names[i])).Output);
        }

        Assert.Equal(Enumerable.Range(1, 16).Select(static i => $"end echo {i}"), Logged().Where(static line => line.StartsWith("end ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Pictures_go_to_an_agent_that_takes_them_and_to_no_other()
    {
        const string Picture = """[{"type":"text","text":"echo seen"},{"type":"image","mimeType":"image/png","data":"iVBORw0KGgo="}]""";
        Assert.Equal("seen\n", (await In(Served, "exec", "-a", "sees", "--format", "quiet", Picture)).Output);
        Assert.Contains(Logged(), static line => line.StartsWith("prompt echo seen [Image]", StringComparison.Ordinal));

        var refused = await In(Served, "exec", "-a", "good", Picture);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("takes no pictures", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_queue_has_an_end()
    {
        Configure("\"acp_queue_depth\": 1");
        await NewSession(Served);
        await In(Served, "prompt", "--no-wait", "sleep 60000");
        await Reached("prompt sleep");
        Assert.Equal(0, (await In(Served, "prompt", "--no-wait", "echo waits")).ExitCode);
        var refused = await In(Served, "prompt", "--no-wait", "echo too many");
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("acp_queue_depth", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_ends_the_turn_and_a_deaf_agent_with_it()
    {
        await NewSession(Served, "-a", "deaf");
        var prompt = Start(Served, "prompt", "-a", "deaf", "hang");
        await Reached("prompt hang");
        var clock = Stopwatch.StartNew();
        var counted = new MachineClock();
        var cancelled = await Served.Run("cancel", (await List(Served)).Single().Id);
        Assert.Equal(0, cancelled.ExitCode);
        Assert.True(clock.Elapsed.TotalSeconds >= 4, $"after {clock.Elapsed.TotalSeconds} s");
        Assert.InRange(counted.Elapsed.TotalSeconds, 0, 20);
        Assert.Equal(130, (await prompt.Exit()).ExitCode);
        await NothingLeft();
        Assert.False((await Sessions(Served)).Single().Closed);
    }

    [Theory]
    [InlineData("--timeout")]
    [InlineData("--idle-timeout")]
    public async Task A_limit_is_told_within_a_second_whatever_the_agent_does(string option)
    {
        await NewSession(Served, "-a", "deaf");
        var clock = Stopwatch.StartNew();
        var counted = new MachineClock();
        var prompt = await In(Served, "prompt", "-a", "deaf", option, "1s", "hang");
        Assert.Equal(3, prompt.ExitCode);
        Assert.True(clock.Elapsed.TotalSeconds >= 1, $"after {clock.Elapsed.TotalSeconds} s");
        Assert.InRange(counted.Elapsed.TotalSeconds, 0, 5);
        await NothingLeft();
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_turn_and_the_session_goes_on()
    {
        await NewSession(Served);
        var prompt = Start(Served, "prompt", "hang");
        await Reached("prompt hang");
        await Signals.Send("INT", ProcessStat.Read(prompt.Pid)!);
        Assert.Equal(130, (await prompt.Exit()).ExitCode);
        Assert.Contains(Logged(), static line => line.StartsWith("cancelled hang", StringComparison.Ordinal));
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task A_closed_session_is_not_woken_by_accident()
    {
        var id = await NewSession(Served, "-s", "one");
        Assert.Equal(0, (await Served.Run("sessions", "close", "one")).ExitCode);
        await NothingLeft();
        Assert.Equal(4, (await In(Served, "prompt", "-s", "one", "echo x")).ExitCode);
        Assert.Equal(5, (await Served.Run("prompt", "--session", id, "echo x")).ExitCode);
        Assert.Equal(0, (await Served.Run("sessions", "history", id)).ExitCode);
        Assert.True((await Session(Served, id)).Closed);
    }

    [Fact]
    public async Task Settings_are_checked_and_outlive_the_agent()
    {
        var id = await NewSession(Served);
        Assert.Equal(0, (await Served.Run("sessions", "set", id, "mode", "code")).ExitCode);
        Assert.Equal(0, (await Served.Run("sessions", "set", id, "fast", "true")).ExitCode);
        Assert.NotEqual(0, (await Served.Run("sessions", "set", id, "mode", "no-such")).ExitCode);
        await Served.Run("stop", "--all");
        await In(Served, "prompt", "echo again");
        Assert.Equal(2, Logged().Count(static line => line == "set_mode code"));
        Assert.Equal(2, Logged().Count(static line => line == "set_option fast=true"));
    }

    [Fact]
    public async Task An_agent_that_wants_a_login_says_which_and_takes_a_key_that_is_written_nowhere()
    {
        var refused = await In(Served, "exec", "-a", "locked", "echo x");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("DEMO_KEY", refused.Error, StringComparison.Ordinal);
        Sandbox.Variables["AGENTCTL_AUTH_DEMO_KEY"] = "s3cr3t-of-the-test";
        Assert.Equal("in\n", (await In(Served, "exec", "-a", "locked", "--format", "quiet", "echo in")).Output);
        await NothingLeft();
        foreach (var file in Directory.EnumerateFiles(Sandbox.AgentctlHome, "*", SearchOption.AllDirectories).Where(static file => new FileInfo(file) is { Length: > 0 } && !file.EndsWith(".sock", StringComparison.Ordinal)))
        {
            Assert.DoesNotContain("s3cr3t-of-the-test", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_started_is_said_and_leaves_nothing()
    {
        var crashed = await In(Served, "sessions", "new", "-a", "crashes");
        Assert.Equal(1, crashed.ExitCode);
        Assert.Contains("ended before it had answered initialize", crashed.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await In(Served, "exec", "-a", "no-such-agent", "x")).ExitCode);
        Assert.Equal(2, (await In(Served, "exec", "--approve-all", "--deny-all", "x")).ExitCode);
        await NothingLeft();
        Assert.Empty(await Sessions(Served));
    }

    [Theory]
    [InlineData("junk; echo on", "on")]
    [InlineData("split é日😀; echo on", "é日😀on")]
    [InlineData("unknown; echo on", "on")]
    [InlineData("ask-unknown; echo on", "on")]
    [InlineData("stderr 2000000; echo on", "on")]
    [InlineData("late 0; echo on", null)]
    public async Task An_agent_may_write_what_it_likes(string script, string? expected)
    {
        await NewSession(Served);
        var result = await In(Served, "prompt", "--format", "quiet", script);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(expected ?? result.Output.TrimEnd('\n'), result.Output.TrimEnd('\n'));
        Assert.Contains("on", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_line_comes_through()
    {
        await NewSession(Served);
        Assert.Equal(3_000_001, (await In(Served, "prompt", "--format", "quiet", "big 3000000")).Output.Length);
    }

    [Fact]
    public async Task Output_of_turns_long_over_goes_back_to_the_disk_and_what_is_there_is_shown()
    {
        Configure("\"output_cap_mb\": 1");
        var id = await NewSession(Served);
        for (var i = 1; i <= 3; i++)
        {
            await In(Served, "prompt", "--format", "quiet", $"big 3000000; echo {i}");
        }

        var output = Path.Combine(Sandbox.AgentctlHome, "launches", (await Launch(id)), "stdout.log");
        await Eventually.See("the disk to have most of it back", Deadline, async () => (await Sandbox.Run(["du", "-k", output])).Output.Split('\t')[0], static kilobytes => int.Parse(kilobytes) < 6_000);
        Assert.True(new FileInfo(output).Length > 9_000_000);

        Assert.Equal("go on\n", (await In(Served, "prompt", "--format", "quiet", "echo go on")).Output);
        var watch = Start(Served, "sessions", "watch", id);
        await watch.Printed("kept no longer (output_cap_mb)");
        await watch.Printed("go on");
        await watch.Interrupt();
        Assert.Contains("go on", (await Served.Run("sessions", "history", id)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_of_a_one_shot_shrinks_to_the_cap_when_its_agent_has_ended()
    {
        Configure("\"output_cap_mb\": 1");
        Assert.Equal(6_000_001, (await In(Served, "exec", "--format", "quiet", "big 6000000")).Output.Length);
        var output = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdout.log", SearchOption.AllDirectories).Single();
        await Eventually.See("the disk to have it back", Deadline, async () => (await Sandbox.Run(["du", "-k", output])).Output.Split('\t')[0], static kilobytes => int.Parse(kilobytes) < 2_000);
    }

    [Fact]
    public async Task An_agent_that_writes_without_end_is_ended()
    {
        Configure("\"acp_output_limit_mb\": 1");
        await NewSession(Served);
        var flooded = await In(Served, "prompt", "flood 1000000");
        Assert.Equal(1, flooded.ExitCode);
        Assert.Contains("acp_output_limit_mb", flooded.Error, StringComparison.Ordinal);
        await NothingLeft();
        Assert.Equal("error (output-limit)", (await List(Served)).Single().State);
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task A_prompt_that_a_dying_agent_never_read_is_given_to_the_next()
    {
        await NewSession(Served);
        await Signals.Send("STOP", Agent());
        var prompt = Start(Served, "prompt", "--format", "quiet", "echo told");
        await Eventually.True("the prompt to stand in the pipe", Deadline, () => File.ReadAllText(InputKeys()).Contains("rq:", StringComparison.Ordinal) && File.ReadAllText(InputKeys()).Split('\n').Length > 3);
        await Kill(Agent());
        var told = await prompt.Exit();
        Assert.Equal((0, "told\n"), (told.ExitCode, told.Output));
    }

    private string InputKeys() => Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdin.keys", SearchOption.AllDirectories).Single();

    private async Task<string> Launch(string id)
    {
        using var shown = JsonDocument.Parse((await Served.Quietly("sessions", "show", id, "--json")).Output);
        return shown.RootElement.GetProperty("launchId").GetString()!;
    }

    /// <summary>Who follows a turn is told its result from what was read for him; who asks later, from the agent's output.</summary>
    [Fact]
    public async Task Result_at_the_end_of_a_turn_is_the_one_that_is_kept()
    {
        var id = await NewSession(Served);
        await In(Served, "prompt", "echo before");
        using var daemon = Connect();
        var order = new JsonObject { ["session"] = id, ["text"] = "echo one; tool list; junk; split two\ud83d\ude00; thought no; big 10; echo three" };
        var stop = TestContext.Current.CancellationToken;
        var answer = await daemon.PostAsync("http://agentctl/v1/acp/prompts", new StringContent(order.ToJsonString(), Encoding.UTF8, "application/json"), stop);
        var told = JsonDocument.Parse((await answer.Content.ReadAsStringAsync(stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement.GetProperty("result");
        Assert.Equal("onetwo\ud83d\ude00xxxxxxxxxxthree", told.GetProperty("text").GetString());
        var kept = JsonDocument.Parse(await daemon.GetStringAsync($"http://agentctl/v1/acp/prompts/{told.GetProperty("requestId").GetString()}", stop)).RootElement;
        Assert.Equal(kept.GetRawText(), told.GetRawText());
    }

    [Fact]
    public async Task Watch_replays_without_a_gap_and_goes_on_after_a_cursor()
    {
        var id = await NewSession(Served);
        await In(Served, "prompt", "flood 300");
        var first = Start(Served, "sessions", "watch", id);
        await Eventually.True("the whole turn", Deadline, () => first.Output.Contains("\"type\":\"result\"", StringComparison.Ordinal));
        var events = first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(300, events.Count(static line => line.Contains("agent_message_chunk", StringComparison.Ordinal)));
        var cursor = JsonDocument.Parse(events.First(static line => line.Contains("chunk 100 of", StringComparison.Ordinal))).RootElement.GetProperty("cursor").GetString()!;

        await KillDaemon();
        var rest = Served.Start("sessions", "watch", id, "--cursor", cursor);
        await Eventually.True("the rest", Deadline, () => rest.Output.Contains("\"type\":\"result\"", StringComparison.Ordinal));

        Assert.Equal(200, rest.Output.Split('\n').Count(static line => line.Contains("agent_message_chunk", StringComparison.Ordinal)));
        Assert.Equal(2, (await Served.Run("sessions", "watch", id, "--cursor", "no-cursor")).ExitCode);
    }
}
