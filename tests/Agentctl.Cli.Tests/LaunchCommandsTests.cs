using System.Text.Json;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests;

/// <summary>What launches' commands ask for, print and exit with.</summary>
public sealed class LaunchCommandsTests
{
    private readonly Stage stage = new();

    [Theory]
    [InlineData("launch", "--forse", "-p", "x")]
    [InlineData("launch", "cloude", "-p", "x")]
    [InlineData("launch")]
    [InlineData("launch", "-p", "")]
    [InlineData("launch", "codex", "stray", "-p", "x")]
    [InlineData("launch", "codex", "--adapter", "claude-code", "-p", "x")]
    [InlineData("launch", "--adapter", "codex", "--model", "a", "--model", "b", "-p", "x")]
    [InlineData("launch", "--branch", "b", "-p", "x")]
    [InlineData("launch", "--worktree", ".", "-p", "x")]
    [InlineData("launch", "--matrix", "/no/such/file")]
    [InlineData("launch", "--repo", "a/b", "-p", "x")]
    [InlineData("launch", "-p", "x", "--queue-timeout", "never")]
    [InlineData("queue", "move", "a", "0")]
    [InlineData("queue", "move", "a", "first")]
    [InlineData("worktree", "clean")]
    [InlineData("worktree", "clean", "x", "--merged")]
    [InlineData("worktree", "clean", "x", "--yes", "everything")]
    [InlineData("fuse", "set", ".", "--ttl", "soon")]
    [InlineData("launch", "-p", "x", "--env", "NOVALUE")]
    [InlineData("launch", "-p", "x", "--timeout", "soon")]
    [InlineData("launch", "-p", "x", "--file", "/no/such/file")]
    [InlineData("resume", "2d90595b")]
    [InlineData("wait")]
    [InlineData("wait", "a", "--any", "--all")]
    [InlineData("wait", "a", "--for", "ever")]
    [InlineData("stop")]
    [InlineData("lock", ".", "--ttl", "x")]
    [InlineData("lock", ".", "make")]
    public async Task W59_bad_input_exits_2_and_asks_nobody(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.Empty(stage.Sessions.Asked);
        Assert.NotEmpty(stage.Error);
    }

    [Theory]
    [InlineData("wait", "a", "--timeout", "50d")]
    [InlineData("stop", "a", "--timeout", "25d")]
    [InlineData("launch", "-p", "x", "--timeout", "601h")]
    [InlineData("launch", "-p", "x", "--queue", "--queue-timeout", "999999d")]
    [InlineData("prompt", "--timeout", "2073601", "hello")]
    [InlineData("prompt", "--idle-timeout", "40d", "hello")]
    [InlineData("sessions", "new", "--ttl", "4294968")]
    public async Task Time_limit_above_24_days_exits_2_with_the_range(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.Empty(stage.Sessions.Asked);
        Assert.Contains("must be from 0 to 24 days", stage.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lock", ".", "--ttl", "3651d")]
    [InlineData("fuse", "set", ".", "--ttl", "3651d")]
    public async Task Lifetime_above_ten_years_exits_2_with_the_range(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.Empty(stage.Sessions.Asked);
        Assert.Contains("must be from 0 to 10 years", stage.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StopOutcomes.Stopped, ExitCode.Done)]
    [InlineData(StopOutcomes.AlreadyStopped, ExitCode.Done)]
    [InlineData(StopOutcomes.Interrupted, ExitCode.Done)]
    [InlineData(StopOutcomes.LeftOver, ExitCode.Failed)]
    [InlineData(StopOutcomes.NotFound, ExitCode.NotFound)]
    [InlineData(StopOutcomes.NeedsConsent, ExitCode.Refused)]
    [InlineData(StopOutcomes.Refused, ExitCode.Refused)]
    public async Task Stop_tells_what_was_asked_what_happened_and_what_is_left(string outcome, int code)
    {
        stage.Sessions.Stopped = new StopDocument(
            [new StopResult("codex/01a1fbb7", outcome, ["SIGTERM to 2 processes"], "what happened", [new Leftover(4711, 1, "sle\u001bep", Leftover.Left)], 12.5)]);

        Assert.Equal(code, await stage.Run("stop", "01a1fbb7", "--timeout", "30s"));

        Assert.Equal(30, Assert.IsType<StopOrder>(Assert.Single(stage.Sessions.Asked)).DeadlineSeconds);
        Assert.Equal($"{outcome}  codex/01a1fbb7  what happened\n  asked SIGTERM to 2 processes\n  pid 4711 (sleep) left\n", stage.Output);
    }

    [Fact]
    public async Task Wait_prints_a_line_for_each_and_exits_1_when_one_ended_badly()
    {
        stage.Sessions.Waited = new WaitDocument(false, [SampleRows.Running with { Status = "stopped", Reason = "done", Alive = false }, SampleRows.Running with { Status = "error", Reason = "exit-1", Alive = false }], [true, true]);

        Assert.Equal(ExitCode.Failed, await stage.Run("wait", "a", "b", "--for", "idle", "--any"));

        Assert.Equal(("idle", true), Assert.IsType<WaitOrder>(Assert.Single(stage.Sessions.Asked)) is var order ? (order.For, order.Any) : default);
        Assert.Equal(["○ stopped (done)", "○ error (exit-1)"], stage.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("  ")[0]));
    }

    [Fact]
    public async Task Wait_that_runs_out_of_time_exits_3()
    {
        stage.Sessions.Waited = new WaitDocument(true, [SampleRows.Running], [false]);
        Assert.Equal(ExitCode.TimedOut, await stage.Run("wait", "a", "--timeout", "1s"));
    }

    [Theory]
    [InlineData("/problems/directory-locked", ExitCode.Refused)]
    [InlineData("/problems/no-slot", ExitCode.Refused)]
    [InlineData("/problems/refused", ExitCode.Refused)]
    [InlineData("/problems/failed", ExitCode.Failed)]
    [InlineData("/problems/bad-request", ExitCode.Usage)]
    public async Task Problems_have_their_exit_codes(string type, int code)
    {
        stage.Sessions.Problem = new ProblemDocument(type, "title", 409, "why it is not done");
        Assert.Equal(code, await stage.Run("send", "a", "text"));
        Assert.Equal("why it is not done\n", stage.Error);
    }

    [Fact]
    public async Task Locks_are_a_table_and_for_scripts_a_bare_array()
    {
        stage.Sessions.Held = new LocksDocument(
            [
                new LockRow("/home/dev/shop", "auto", 4711, "2d90595b-1111", "abcdefghjkmn", "claude-code", null, null, SampleRows.Now.AddMinutes(-5), null, true),
                new LockRow("/home/dev/docs", "manual", 1, null, null, null, "ann", "by hand", SampleRows.Now.AddHours(-2), SampleRows.Now.AddHours(1), false),
            ],
            ["a lock cannot be read"]);

        Assert.Equal(ExitCode.Done, await stage.Run("locks"));
        Assert.Equal("warning: a lock cannot be read\n", stage.Error);
        Assert.Contains("~/shop", stage.Output, StringComparison.Ordinal);
        Assert.Contains("claude-code/2d90595b", stage.Output, StringComparison.Ordinal);
        Assert.Contains("pid 1 (gone)", stage.Output, StringComparison.Ordinal);

        var scripts = new Stage();
        scripts.Sessions.Held = stage.Sessions.Held;
        Assert.Equal(ExitCode.Done, await scripts.Run("locks", "--json"));
        using var printed = JsonDocument.Parse(scripts.Output);
        Assert.Equal(["auto", "manual"], printed.RootElement.EnumerateArray().Select(row => row.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Prune_shows_each_thing_with_its_evidence()
    {
        stage.Sessions.Pruned = new PruneDocument(false, [new PruneItem("/home/dev/.agentctl/launches/x", "launch", "ended 8 days ago (exited)", 4096)], []);
        Assert.Equal(ExitCode.Done, await stage.Run("prune", "--dry-run"));
        Assert.Equal([true], stage.Sessions.Asked);
        Assert.Equal("would go  ~/.agentctl/launches/x  launch: ended 8 days ago (exited)\nWould prune 1 thing, 4 KB\n", stage.Output);
    }

    [Theory]
    [InlineData(true, ExitCode.Done)]
    [InlineData(false, ExitCode.Partial)]
    public async Task Prune_is_partial_when_something_could_not_be_removed_and_not_for_a_note(bool isNote, int code)
    {
        string[] said = ["launch x: its agent reported an id that is ignored"];
        stage.Sessions.Pruned = new PruneDocument(true, [], isNote ? [] : said, isNote ? said : null);
        Assert.Equal(code, await stage.Run("prune"));
        Assert.Equal($"warning: {said[0]}\n", stage.Error);
    }

    [Fact]
    public async Task Events_are_lines_as_they_came()
    {
        stage.Sessions.Happened.Add(new EventDocument("1f0a22bc.1", "session.started", SampleRows.Now, "codex", "01a1"));
        Assert.Equal(ExitCode.Done, await stage.Run("events", "--after", "1f0a22bc.0"));
        Assert.Equal(["1f0a22bc.0"], stage.Sessions.Asked);
        Assert.StartsWith("{\"cursor\":\"1f0a22bc.1\",\"type\":\"session.started\"", stage.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("running", null, ExitCode.Done)]
    [InlineData("stopped", "done", ExitCode.Done)]
    [InlineData("stopped", "resumable", ExitCode.Done)]
    [InlineData("stopped", "asked", ExitCode.Interrupted)]
    [InlineData("stopped", "permission-denied", ExitCode.Refused)]
    [InlineData("stopped", "vanished", ExitCode.Failed)]
    [InlineData("stopped", "aborted", ExitCode.Failed)]
    [InlineData("stopped", "reboot", ExitCode.Failed)]
    [InlineData("error", "timeout", ExitCode.TimedOut)]
    [InlineData("error", "signal-9", ExitCode.Failed)]
    public async Task Wait_exits_as_launch_with_wait_does_for_the_same_end(string status, string? reason, int code)
    {
        stage.Sessions.Waited = new WaitDocument(false, [SampleRows.Running with { Status = status, Reason = reason }], [true]);
        Assert.Equal(code, await stage.Run("wait", "2d90595b"));
        Assert.Equal(code, EndCode.Of(status, reason, whileAlive: ExitCode.Done));
    }

    [Theory]
    [InlineData("completed", 0, 0, ExitCode.Done)]
    [InlineData("completed", 0, 2, ExitCode.Refused)]
    [InlineData("completed", 1, 2, ExitCode.Done)]
    [InlineData("cancelled", 0, 0, ExitCode.Interrupted)]
    [InlineData("timed-out", 0, 0, ExitCode.TimedOut)]
    [InlineData("failed", 0, 0, ExitCode.Failed)]
    [InlineData("refused", 0, 0, ExitCode.Refused)]
    public void Turn_exits_as_a_session_does_for_the_same_end(string status, int approved, int denied, int code) =>
        Assert.Equal(code, EndCode.Of(new PromptResultDocument("r", "s", status, null, null, null, null, null, new PermissionCounts(approved + denied, approved, denied), null, null)));

    [Theory]
    [InlineData("stopped", "done", ExitCode.Done)]
    [InlineData("stopped", "asked", ExitCode.Interrupted)]
    [InlineData("stopped", "permission-denied", ExitCode.Refused)]
    [InlineData("stopped", "aborted", ExitCode.Failed)]
    [InlineData("error", "timeout", ExitCode.TimedOut)]
    [InlineData("error", "exit-3", ExitCode.Failed)]
    public void Outcome_of_a_launch_that_was_waited_for(string status, string reason, int code) =>
        Assert.Equal(code, EndCode.Of(status, reason, whileAlive: -1));
}
