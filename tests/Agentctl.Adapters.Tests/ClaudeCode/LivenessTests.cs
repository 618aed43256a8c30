using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>Who lives, and what it does: the registry against the process table.</summary>
public sealed class LivenessTests : IDisposable
{
    private const string OtherDomain = $"linux:{ClaudeFolder.MachineId}:pid:[4026532999]";
    private const string OtherMachine = "linux:ffffffffffffffffffffffffffffffff:pid:[4026531836]";

    private readonly ClaudeFolder claude = new();

    public void Dispose() => claude.Dispose();

    [Theory]
    [InlineData("busy", null, SessionState.Running, null)]
    [InlineData("shell", null, SessionState.Running, null)]
    [InlineData("idle", null, SessionState.Idle, null)]
    [InlineData("waiting", "permission prompt", SessionState.Waiting, "permission-prompt")]
    [InlineData("waiting", "dialog open", SessionState.Waiting, "dialog-open")]
    [InlineData("waiting", null, SessionState.Waiting, null)]
    [InlineData(null, null, SessionState.Unknown, "no-signal")]
    [InlineData("a word of next year", null, SessionState.Unknown, "no-signal")]
    public async Task A_living_process_does_what_its_status_says(string? status, string? waitingFor, SessionState state, string? reason)
    {
        claude.Transcript(Ids.Finished);
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, status, waitingFor: waitingFor);
        var session = await claude.Only();
        Assert.Equal((state, reason, true, (int?)4711), (session.State, session.Verdict.Reason, session.Verdict.IsAlive, session.Sighting.Facts.Process?.Pid));
    }

    [Fact]
    public async Task The_deciding_evidence_can_be_checked_by_hand_and_has_the_time_of_its_source()
    {
        claude.Processes.Add(4711, startTicks: 159413);
        claude.Register(4711, Ids.Finished, "busy", startTicks: "159413");
        var decider = (await claude.Only()).Verdict.Decider;
        Assert.Equal(
            new Evidence("~/.claude/sessions/4711.json", "status busy; pid 4711 with start 159413 is alive (field 22 of /proc/4711/stat is the same)", ClaudeFolder.StatusAt),
            decider);
    }

    [Fact]
    public async Task A_busy_file_left_by_kill_9_is_not_running()
    {
        claude.Transcript(Ids.KilledInATurn);
        claude.Write(ClaudeFolder.RecordedRegistryFile, "sessions", "8663.json");
        var session = await claude.Only();
        Assert.Equal((SessionState.Stopped, Reasons.Vanished, false), (session.State, session.Verdict.Reason, session.Verdict.IsAlive));
        Assert.Equal("~/.claude/sessions/8663.json", session.Verdict.Decider.Source);
        Assert.Empty((await claude.Discover(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task A_reused_pid_is_another_process()
    {
        claude.Transcript(Ids.KilledInATurn);
        claude.Write(ClaudeFolder.RecordedRegistryFile, "sessions", "8663.json");
        claude.Processes.Add(8663, startTicks: 169252);
        var session = await claude.Only();
        Assert.Equal((SessionState.Stopped, false, (int?)null), (session.State, session.Verdict.IsAlive, session.Sighting.Facts.Process?.Pid));
        Assert.Contains("is now another process (start 169252)", session.Verdict.Decider.Fact);
    }

    [Fact]
    public async Task A_process_killed_between_turns_ended_after_a_finished_turn()
    {
        claude.Transcript(Ids.Finished);
        claude.Register(4711, Ids.Finished, "idle");
        Assert.Equal((SessionState.Stopped, Reasons.Done), ((await claude.Only()).State, (await claude.Only()).Verdict.Reason));
    }

    [Theory]
    [InlineData(OtherDomain)]
    [InlineData(OtherMachine)]
    [InlineData("linux:some-windows-host")]
    [InlineData("linux")]
    public async Task A_pid_of_another_domain_is_unknown_and_never_stopped(string domain)
    {
        claude.Transcript(Ids.KilledInATurn);
        claude.Register(4711, Ids.KilledInATurn, "busy", pidDomain: domain);
        // A process of ours that happens to have that number changes nothing.
        claude.Processes.Add(4711);
        foreach (var reach in Enum.GetValues<Reach>())
        {
            var session = await claude.Only(reach);
            Assert.Equal((SessionState.Unknown, Reasons.OtherNamespace), (session.State, session.Verdict.Reason));
        }
    }

    [Theory]
    [InlineData("linux::pid:[4026531836]")]
    [InlineData($"linux:{ClaudeFolder.MachineId}:")]
    [InlineData(null)]
    public async Task A_domain_that_Claude_could_not_read_is_not_held_against_the_process(string? domain)
    {
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, "busy", pidDomain: domain);
        Assert.Equal(SessionState.Running, (await claude.Only()).State);
    }

    [Fact]
    public async Task A_bare_pid_without_start_time_proves_nothing()
    {
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, "busy", startTicks: null);
        Assert.Equal((SessionState.Unknown, Reasons.Unreadable), ((await claude.Only()).State, (await claude.Only()).Verdict.Reason));
    }

    [Theory]
    [InlineData("busy", "idle", 1)]
    [InlineData("idle", "busy", 2)]
    [InlineData("idle", "waiting", 2)]
    [InlineData("waiting", "busy", 2)]
    [InlineData("idle", null, 1)]
    public async Task Two_processes_on_one_session_are_one_row_that_the_busier_one_speaks_for(string? first, string? second, int speaks)
    {
        claude.Transcript(Ids.TwoProcesses);
        claude.Processes.Add(1);
        claude.Processes.Add(2);
        claude.Register(1, Ids.TwoProcesses, first);
        claude.Register(2, Ids.TwoProcesses, second);
        var sighting = (await claude.Only()).Sighting;
        Assert.Equal(speaks, sighting.Facts.Process?.Pid);
        Assert.Equal((3 - speaks).ToString(), sighting.Meta["otherPids"]);
        Assert.Contains(sighting.Facts.Others, other => other.Source == $"~/.claude/sessions/{3 - speaks}.json");
    }

    [Fact]
    public async Task A_stale_busy_file_does_not_win_against_a_living_idle_process()
    {
        claude.Transcript(Ids.TwoProcesses);
        claude.Processes.Add(2);
        claude.Register(1, Ids.TwoProcesses, "busy", startedAt: 1795243648999);
        claude.Register(2, Ids.TwoProcesses, "idle");
        var session = await claude.Only();
        Assert.Equal((SessionState.Idle, (int?)2), (session.State, session.Sighting.Facts.Process?.Pid));
        Assert.False(session.Sighting.Meta.ContainsKey("otherPids"));
    }

    [Fact]
    public async Task After_clear_the_new_session_lives_and_the_old_one_is_finished()
    {
        claude.Transcript(Ids.BeforeClear);
        claude.Transcript(Ids.AfterClear);
        claude.Processes.Add(9442, argv: ["claude", "--session-id", Ids.BeforeClear]);
        claude.Register(9442, Ids.AfterClear, "idle", entrypoint: "cli");
        Assert.Equal(SessionState.Idle, (await claude.The(Ids.AfterClear)).State);
        Assert.Equal((SessionState.Stopped, Reasons.Done), ((await claude.The(Ids.BeforeClear)).State, (await claude.The(Ids.BeforeClear)).Verdict.Reason));
    }

    [Fact]
    public async Task A_fork_does_not_hold_the_session_it_was_forked_from()
    {
        claude.Transcript(Ids.TwoBlocks);
        claude.Transcript(Ids.Forked);
        claude.Processes.Add(14680, argv: ["claude", "-p", "SAY forked later", "--resume", Ids.TwoBlocks, "--fork-session"]);
        claude.Register(14680, Ids.Forked, "busy");
        Assert.Equal(SessionState.Running, (await claude.The(Ids.Forked)).State);
        Assert.Equal(SessionState.Stopped, (await claude.The(Ids.TwoBlocks)).State);
    }

    [Fact]
    public async Task A_process_that_keeps_no_transcript_is_listed()
    {
        claude.Processes.Add(4711);
        claude.Register(4711, Ids.Finished, "busy", cwd: "/home/dev/other");
        var sighting = (await claude.Only(Reach.Active)).Sighting;
        Assert.Equal((Ids.Finished, "/home/dev/other", (string?)null), (sighting.Id, sighting.Cwd, sighting.Prompt));
    }

    [Theory]
    [InlineData("cli", 34816, Owner.Terminal)]
    [InlineData("cli", 0, Owner.Unknown)]
    [InlineData("sdk-cli", 34816, Owner.Unknown)]
    [InlineData("sdk-ts", 0, Owner.Unknown)]
    [InlineData("claude-vscode", 0, Owner.Ide)]
    public async Task The_entry_point_and_the_terminal_tell_the_owner(string entrypoint, int terminal, Owner owner)
    {
        claude.Processes.Add(4711, terminal: terminal);
        claude.Register(4711, Ids.Finished, entrypoint: entrypoint);
        Assert.Equal(owner, (await claude.Only()).Sighting.Owner);
    }
}
