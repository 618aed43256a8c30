using Agentctl.Cli.Terminals;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests;

/// <summary>A view continues with the next daemon, or reports why it ends.</summary>
public sealed class FollowerTests
{
    private readonly Stage stage = new();

    [Fact]
    public async Task Watch_goes_on_at_the_next_daemon()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        stage.Sessions.Changes.Add(stage.Sessions.Document(true));
        stage.Sessions.Losses.Enqueue(() => stage.Sessions.Changes[0] = stage.Sessions.Changes[0] with { Sessions = [SampleRows.Waiting], ShortIds = ["be7f09a7"] });
        Assert.Equal(ExitCode.Done, await stage.Run("list", "--watch"));
        Assert.Contains("● running", stage.Output, StringComparison.Ordinal);
        Assert.Contains("● waiting", stage.Output, StringComparison.Ordinal);
        Assert.Empty(stage.Error);
    }

    [Fact]
    public async Task Events_go_on_after_the_last_cursor()
    {
        stage.Sessions.Happened.Add(new EventDocument("1f0a22bc.1", "session.started", SampleRows.Now, "codex", "01a1"));
        stage.Sessions.Losses.Enqueue(() => stage.Sessions.Happened[0] = new EventDocument("77777777.0", "snapshot", SampleRows.Now, Sessions: []));
        Assert.Equal(ExitCode.Done, await stage.Run("events"));
        Assert.Equal(["from now on", "1f0a22bc.1"], stage.Sessions.Asked);
        Assert.Contains("\"type\":\"snapshot\"", stage.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("peek")]
    [InlineData("logs")]
    public async Task Conversation_goes_on_without_a_gap_and_without_repeating(string command)
    {
        stage.Sessions.Entries.AddRange([new("user", "a", null, null, null, 5), new("tool", "b", null, null, null, 9), new("assistant", "c", null, null, null, 9)]);
        stage.Sessions.Losses.Enqueue(() => stage.Sessions.Entries.Add(new("tool", "d", null, null, null, 9)));
        stage.Sessions.Losses.Enqueue(() => stage.Sessions.Entries.Add(new("assistant", "e", null, null, null, 12)));
        Assert.Equal(ExitCode.Done, await stage.Run(command, "x", "-f", "--json", "-n", "3"));
        Assert.Equal(["a", "b", "c", "d", "e"], stage.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('"')[7]));
    }

    [Fact]
    public async Task Follower_that_reaches_no_daemon_says_so_and_fails()
    {
        for (var i = 0; i < 100; i++)
        {
            stage.Sessions.Losses.Enqueue(static () => { });
        }

        var following = stage.Run("events");
        while (!following.IsCompleted)
        {
            stage.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(ExitCode.Failed, await following);
        Assert.StartsWith("No longer following: the daemon went away before it had answered", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_of_a_stream_of_the_daemon_is_the_end_of_that_daemon()
    {
        stage.Sessions.Happened.Add(new EventDocument("1f0a22bc.1", "session.started", SampleRows.Now, "codex", "01a1"));
        var opened = 0;
        var around = stage.Around with
        {
            OpenSessions = _ => Task.FromResult<IAgentctlApi>(++opened < 3 ? new DaemonOrSelf(stage.Sessions, () => stage.Sessions, static _ => { }) : stage.Sessions),
        };
        Assert.Equal(ExitCode.Done, await CommandLine.Run(["events"], around, TestContext.Current.CancellationToken));
        Assert.Equal(3, opened);
    }

    [Fact]
    public async Task Watch_of_json_on_a_terminal_stays_off_the_other_screen()
    {
        var onTerminal = new Stage(new TerminalTraits(true, 80, 10, false));
        onTerminal.Sessions.Rows.Add(SampleRows.Running);
        onTerminal.Sessions.Changes.Add(onTerminal.Sessions.Document(true));
        await onTerminal.Run("list", "--watch", "--json");
        Assert.StartsWith("[", onTerminal.Output, StringComparison.Ordinal);
        var dumb = new Stage(new TerminalTraits(true, 80, 10, false, CanMoveCursor: false));
        dumb.Sessions.Rows.Add(SampleRows.Running);
        dumb.Sessions.Changes.Add(dumb.Sessions.Document(true));
        await dumb.Run("list", "--watch");
        Assert.DoesNotContain('\u001b', dumb.Output);
    }

    [Fact]
    public async Task Watch_says_how_many_lines_do_not_fit_and_keeps_the_summary()
    {
        var onTerminal = new Stage(new TerminalTraits(true, 80, 5, false));
        onTerminal.Sessions.Rows.AddRange(Enumerable.Range(0, 9).Select(number => SampleRows.Running with { Id = $"{number}d90595b-9af3-4246-b47a-f618218ff3a4" }));
        onTerminal.Sessions.Changes.Add(onTerminal.Sessions.Document(true));
        await onTerminal.Run("list", "--watch");
        var frame = onTerminal.Output.Split("\u001b[H")[1].Split("\u001b[J")[0].Replace("\u001b[K", "", StringComparison.Ordinal).Split("\r\n");
        Assert.Equal(5, frame.Length);
        Assert.Equal("+8 more lines", frame[3]);
        Assert.Equal("9 active", frame[4]);
    }
}
