using Xunit;

namespace Agentctl.Core.Tests;

/// <summary>How the lease, the exit record and the agent's own signal make a state (product page, section 5).</summary>
public sealed class LaunchVerdictTests
{
    private static readonly DateTimeOffset Launched = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProcessIdentity Agent = new("host", "boot", 1, 4711, 100);

    [Theory]
    [InlineData(Signal.Busy, true, SessionState.Running, null)]
    [InlineData(Signal.Waiting, true, SessionState.Waiting, "permission-prompt")]
    [InlineData(Signal.Idle, true, SessionState.Idle, null)]
    [InlineData(Signal.Done, true, SessionState.Idle, null)]
    [InlineData(Signal.None, true, SessionState.Starting, null)]
    [InlineData(Signal.None, false, SessionState.Running, Reasons.NoSessionYet)]
    public void Held_lease_lives_and_the_agents_signal_says_what_it_does(Signal signal, bool young, SessionState state, string? reason)
    {
        var verdict = Decide(new LaunchFacts { LaunchId = "x", LaunchedAt = Launched, IsHeld = true, Evidence = Of("lease"), Agent = Agent, IsYoung = young, TellsTurns = true }, signal);
        Assert.Equal((state, reason, true), (verdict.State, verdict.Reason, verdict.IsAlive));
    }

    [Fact]
    public void What_the_agent_said_before_it_was_resumed_does_not_count()
    {
        var verdict = Decide(Held with { IsYoung = true }, Signal.Done, saidAt: Launched.AddMinutes(-5));
        Assert.Equal(SessionState.Starting, verdict.State);
    }

    [Fact]
    public void Agent_whose_records_nobody_reads_works_until_it_ends() =>
        Assert.Equal(SessionState.Running, Decide(Held with { TellsTurns = false, IsYoung = true }, Signal.None).State);

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public void Launch_whose_agent_has_not_begun_is_starting_however_long_its_hook_takes(bool tellsTurns, bool isYoung) =>
        Assert.Equal((SessionState.Starting, null), Decide(Held with { Agent = null, TellsTurns = tellsTurns, IsYoung = isYoung }, Signal.None) is var verdict ? (verdict.State, verdict.Reason) : default);

    [Theory]
    [InlineData(ExitHows.Exited, 0, null, null, SessionState.Stopped, "done")]
    [InlineData(ExitHows.Exited, 3, null, null, SessionState.Error, "exit-3")]
    [InlineData(ExitHows.Signaled, null, 9, null, SessionState.Error, "signal-9")]
    [InlineData(ExitHows.Lost, null, null, null, SessionState.Error, "lost")]
    [InlineData(ExitHows.FailedToStart, null, null, null, SessionState.Error, "failed")]
    [InlineData(ExitHows.Reboot, null, null, null, SessionState.Stopped, "reboot")]
    [InlineData(ExitHows.Signaled, null, 9, StopRecord.User, SessionState.Stopped, "asked")]
    [InlineData(ExitHows.Exited, 1, null, StopRecord.User, SessionState.Stopped, "asked")]
    [InlineData(ExitHows.Lost, null, null, StopRecord.User, SessionState.Stopped, "asked")]
    [InlineData(ExitHows.Signaled, null, 15, StopRecord.Timeout, SessionState.Error, "timeout")]
    public void Recorded_end_decides_and_an_end_that_was_asked_for_is_stopped(string how, int? code, int? signal, string? by, SessionState state, string reason)
    {
        var exit = new ExitRecord { How = how, ExitCode = code, Signal = signal, EndedAt = Launched, Stop = by is null ? null : new StopRecord(by, Launched) };
        var verdict = Decide(Held with { IsHeld = false, Exit = exit }, Signal.Busy);
        Assert.Equal((state, reason, false), (verdict.State, verdict.Reason, verdict.IsAlive));
    }

    [Fact]
    public void Out_of_memory_is_said_when_the_cgroup_counted_it() =>
        Assert.Equal("oom", Decide(Held with { IsHeld = false, Exit = new ExitRecord { How = ExitHows.Signaled, Signal = 9, OutOfMemory = true, EndedAt = Launched } }, Signal.None).Reason);

    [Fact]
    public void Denied_tools_are_the_reason_of_an_end_with_code_0() =>
        Assert.Equal("permission-denied", Decide(Held with { IsHeld = false, EndReason = Reasons.PermissionDenied, Exit = new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = Launched } }, Signal.Done).Reason);

    [Fact]
    public void Another_process_that_goes_on_with_the_conversation_is_newer_than_the_end()
    {
        var ended = Held with { IsHeld = false, Exit = new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = Launched } };
        Assert.Equal(SessionState.Running, Decide(ended, Signal.Busy, Holder.Process, Agent with { Pid = 5000 }).State);
        Assert.Equal(SessionState.Stopped, Decide(ended, Signal.Busy, Holder.Process, Agent).State);
    }

    [Fact]
    public void Launch_of_another_namespace_is_unknown_and_never_stopped() =>
        Assert.Equal((SessionState.Unknown, "other-namespace"), Decide(Held with { CannotTell = true }, Signal.None) is var verdict ? (verdict.State, verdict.Reason) : default);

    [Fact]
    public void Launch_ids_are_twelve_characters_and_are_told_from_other_ids()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => LaunchId.New()).ToList();
        Assert.All(ids, id => Assert.True(LaunchId.IsOne(id), id));
        Assert.Equal(1000, ids.Distinct().Count());
        Assert.False(LaunchId.IsOne("2d90595b-7c2"));
        Assert.False(LaunchId.IsOne("short"));
    }

    private static LaunchFacts Held => new() { LaunchId = "x", LaunchedAt = Launched, IsHeld = true, Evidence = Of("lease"), Agent = Agent, TellsTurns = true };

    private static Evidence Of(string source) => new(source, "fact", Launched);

    private static Verdict Decide(LaunchFacts launch, Signal signal, Holder holder = Holder.None, ProcessIdentity? process = null, DateTimeOffset? saidAt = null) => VerdictRules.Decide(new Facts
    {
        Holder = holder,
        HolderEvidence = Of("holder"),
        Process = process,
        Signal = signal,
        SignalEvidence = signal == Signal.None ? null : new Evidence("signal", "fact", saidAt ?? Launched.AddSeconds(1)),
        WaitingFor = signal == Signal.Waiting ? "permission-prompt" : null,
        Launch = launch,
    });
}
