using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>ACP agents that write what nobody can read: each costs its own turn, says so, and leaves the daemon and the session usable.</summary>
public sealed class AcpHostileAgentTests : AcpWorld
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_that_are_no_text_are_shown_as_replaced(bool withDaemon)
    {
        var agentctl = withDaemon ? Served : Alone;
        Assert.Equal("caf\uFFFD!\n", (await In(agentctl, "exec", "--format", "quiet", "bad-text; echo !")).Output);
        await NewSession(agentctl);
        Assert.Equal(0, (await In(agentctl, "prompt", "bad-text")).ExitCode);
        var id = (await Sessions(agentctl)).Single(static one => one.Mode == "persistent").Id;
        Assert.Contains("caf", (await agentctl.Run("sessions", "history", id)).Output, StringComparison.Ordinal);
        Assert.Contains("caf", (await agentctl.Run("peek", id)).Output, StringComparison.Ordinal);
        Assert.Equal("on\n", (await In(agentctl, "prompt", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task Updates_of_another_session_are_not_shown()
    {
        var result = await In(Served, "exec", "--format", "quiet", "elsewhere theirs; echo mine");
        Assert.Equal("mine\n", result.Output);
        Assert.Contains("another session", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_without_an_end_fails_its_turn_and_the_next_prompt_has_another_agent()
    {
        await NewSession(Served);
        var failed = await In(Served, "prompt", "long-line 20000000");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("cannot be read", failed.Error, StringComparison.Ordinal);
        Assert.Contains("a line of more than 16777216 bytes", failed.Error, StringComparison.Ordinal);
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    /// <summary>An agent that writes no line feed looks mute; what it wrote is named with the number of its bytes.</summary>
    [Fact]
    public async Task Output_without_a_line_feed_is_named_when_the_time_is_over()
    {
        await NewSession(Served, "-a", "deaf");
        var result = await In(Served, "prompt", "-a", "deaf", "--timeout", "2s", "long-line 100");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("100 bytes of its output are not followed by a line feed", result.Error, StringComparison.Ordinal);
        Assert.Contains("they begin: xxx", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_messages_on_one_line_are_all_read()
    {
        var id = await NewSession(Served);
        Assert.Equal("onetwothree\n", (await In(Served, "prompt", "--format", "quiet", "glued one two three")).Output);
        Assert.Contains("onetwothree", (await Served.Run("sessions", "history", id)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_reason_that_nobody_knows_is_named_and_no_failure()
    {
        var result = await In(Served, "exec", "--format", "quiet", "stop-reason ran_out_of_luck; echo done");
        Assert.Equal((0, "done\n"), (result.ExitCode, result.Output));
        Assert.Contains("ran_out_of_luck", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipe_in_place_of_the_agents_output_ends_that_agent_and_the_next_prompt_has_another()
    {
        await NewSession(Served);
        await KillDaemon();
        var output = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdout.log", SearchOption.AllDirectories).Single();
        File.Delete(output);
        Assert.Equal(0, (await Sandbox.Run(["mkfifo", output])).ExitCode);
        await StartedDaemon();
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task Pipe_in_place_of_the_list_of_messages_costs_nothing()
    {
        await NewSession(Served);
        await In(Served, "prompt", "echo first");
        await KillDaemon();
        var keys = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdin.keys", SearchOption.AllDirectories).Single();
        File.Delete(keys);
        Assert.Equal(0, (await Sandbox.Run(["mkfifo", keys])).ExitCode);
        await StartedDaemon();
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
        Assert.Single(Logged(), static line => line == "prompt echo on");
    }

    [Fact]
    public async Task Pipe_in_place_of_a_file_is_refused_and_the_conversation_goes_on()
    {
        var pipe = Path.Combine(Project, "pipe");
        Assert.Equal(0, (await Sandbox.Run(["mkfifo", pipe])).ExitCode);
        await NewSession(Served);
        Assert.Contains("not a regular file", (await In(Served, "prompt", $"read {pipe}")).Error, StringComparison.Ordinal);
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    [Fact]
    public async Task Time_limit_ends_a_turn_whose_agent_writes_without_end()
    {
        await NewSession(Served);
        var (clock, counted) = (Stopwatch.StartNew(), new MachineClock());
        var result = await In(Served, "prompt", "--timeout", "2s", "--format", "quiet", "flood 1000000000");
        Assert.Equal(3, result.ExitCode);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(2), TimeSpan.MaxValue);
        Assert.InRange(counted.Elapsed, TimeSpan.Zero, Deadline);
    }

    /// <summary>With the runtime's own settings, which only the published daemon has.</summary>
    [Fact]
    [Trait("Build", "Published")]
    public async Task Long_answers_leave_the_daemon_below_150_MB()
    {
        foreach (var format in (string[])["quiet", "json", "quiet"])
        {
            var result = await In(Served, "exec", "--format", format, string.Join("; ", Enumerable.Repeat("big 64000", 205)));
            Assert.True(result.ExitCode == 1, result.Error);
        }

        var daemon = Assert.Single(Sandbox.Living(), static process => process.Comm == "agentctld");
        var peak = (await File.ReadAllLinesAsync($"/proc/{daemon.Pid}/status", TestContext.Current.CancellationToken)).Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        var kilobytes = int.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], System.Globalization.CultureInfo.InvariantCulture);
        Sandbox.Tell($"the daemon used at most {kilobytes / 1024} MB");
        Assert.InRange(kilobytes, 1, 150 * 1024);
    }

    [Fact]
    public async Task Turn_that_failed_is_listed_as_failed()
    {
        Assert.Equal(1, (await In(Served, "exec", "error overloaded")).ExitCode);
        await AllClosed(Served);
        var row = (await List(Served)).Single();
        Assert.Equal("error (failed)", row.State);
        Assert.Contains("overloaded", (await Served.Run("explain", row.Id)).Output, StringComparison.Ordinal);
    }

    /// <summary>What <c>sessions new</c> prints is an id for every command.</summary>
    [Fact]
    public async Task Id_of_an_ACP_session_works_in_every_command()
    {
        var id = await NewSession(Served);
        await In(Served, "prompt", "echo hello");
        foreach (var command in (string[][])[["status", id], ["explain", id], ["peek", id], ["logs", id], ["status", id[..8]], ["stop", id], ["wait", id]])
        {
            var result = await Served.Run(command);
            Assert.True(result.ExitCode == (command[0] == "wait" ? 130 : 0), $"{string.Join(' ', command)} ended with {result.ExitCode}: {result.Error}");
        }

        Assert.Equal(0, (await Served.Run("list", "-a", "--adapter", "good")).ExitCode);
        Assert.Contains("agentctl sessions list --all", (await Served.Run("sessions", "show", "nope")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_record_costs_one_session()
    {
        var damaged = await NewSession(Served, "-s", "damaged");
        var whole = await NewSession(Served, "-s", "whole");
        await Served.Run("daemon", "stop");
        File.WriteAllText(Path.Combine(Sandbox.AgentctlHome, "acp", damaged, "session.json"), "{ torn");

        var listed = await Served.Run("sessions", "list", "--all");
        Assert.Contains(whole, listed.Output, StringComparison.Ordinal);
        Assert.Contains($"{damaged}/session.json", listed.Error, StringComparison.Ordinal);
        var doctor = await Served.Run("doctor");
        Assert.Equal(1, doctor.ExitCode);
        Assert.Contains($"{damaged}/session.json", doctor.Output, StringComparison.Ordinal);
        Assert.Equal("on\n", (await In(Served, "prompt", "-s", "whole", "--format", "quiet", "echo on")).Output);
    }
}
