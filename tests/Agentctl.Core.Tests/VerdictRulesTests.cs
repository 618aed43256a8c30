using Xunit;

namespace Agentctl.Core.Tests;

public sealed class VerdictRulesTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 1, 21, 28, TimeSpan.Zero);
    private static readonly Evidence Holding = new("/proc/4711/stat", "pid 4711 with start 159413 is alive", Then);
    private static readonly Evidence Signalling = new("~/.claude/sessions/4711.json", "status busy", Then);

    private static Facts Seen(Holder holder, Signal signal) => new()
    {
        Holder = holder,
        Signal = signal,
        HolderEvidence = holder == Holder.None ? null : Holding,
        SignalEvidence = signal == Signal.None ? null : Signalling,
    };

    /// <summary>The whole table of product.md section 5: holder, signal, expected state, reason, alive.</summary>
    [Theory]
    [InlineData(Holder.Process, Signal.Busy, "running", null, true)]
    [InlineData(Holder.Process, Signal.Waiting, "waiting", null, true)]
    [InlineData(Holder.Process, Signal.Idle, "idle", null, true)]
    [InlineData(Holder.Process, Signal.Done, "idle", null, true)]
    [InlineData(Holder.Process, Signal.NeverRun, "idle", null, true)]
    [InlineData(Holder.Process, Signal.Aborted, "idle", null, true)]
    [InlineData(Holder.Process, Signal.Failed, "idle", null, true)]
    [InlineData(Holder.Process, Signal.TimedOut, "idle", null, true)]
    [InlineData(Holder.Process, Signal.None, "unknown", "no-signal", true)]
    [InlineData(Holder.Owner, Signal.Busy, "running", null, true)]
    [InlineData(Holder.Owner, Signal.Idle, "idle", null, true)]
    [InlineData(Holder.Owner, Signal.Waiting, "waiting", null, true)]
    [InlineData(Holder.Gone, Signal.Busy, "stopped", "vanished", false)]
    [InlineData(Holder.Gone, Signal.Waiting, "stopped", "vanished", false)]
    [InlineData(Holder.Gone, Signal.Idle, "stopped", "vanished", false)]
    [InlineData(Holder.Gone, Signal.None, "stopped", "vanished", false)]
    [InlineData(Holder.Gone, Signal.Done, "stopped", "done", false)]
    [InlineData(Holder.Gone, Signal.Aborted, "stopped", "aborted", false)]
    [InlineData(Holder.Gone, Signal.Failed, "error", "failed", false)]
    [InlineData(Holder.Gone, Signal.TimedOut, "error", "timeout", false)]
    [InlineData(Holder.None, Signal.Done, "stopped", "done", false)]
    [InlineData(Holder.None, Signal.Idle, "stopped", "resumable", false)]
    [InlineData(Holder.None, Signal.NeverRun, "stopped", "never-run", false)]
    [InlineData(Holder.None, Signal.Aborted, "stopped", "aborted", false)]
    [InlineData(Holder.None, Signal.Failed, "error", "failed", false)]
    [InlineData(Holder.None, Signal.TimedOut, "error", "timeout", false)]
    [InlineData(Holder.None, Signal.Busy, "stopped", "vanished", false)]
    [InlineData(Holder.None, Signal.Waiting, "stopped", "vanished", false)]
    [InlineData(Holder.None, Signal.None, "stopped", "resumable", false)]
    [InlineData(Holder.OtherNamespace, Signal.Busy, "unknown", "other-namespace", false)]
    [InlineData(Holder.OtherNamespace, Signal.None, "unknown", "other-namespace", false)]
    [InlineData(Holder.Unreadable, Signal.Busy, "unknown", "unreadable", false)]
    [InlineData(Holder.Unreadable, Signal.Done, "unknown", "unreadable", false)]
    public void Every_row_of_the_table(Holder holder, Signal signal, string state, string? reason, bool alive)
    {
        var verdict = VerdictRules.Decide(Seen(holder, signal));

        Assert.Equal((state, reason, alive), (verdict.State.Word(), verdict.Reason, verdict.IsAlive));
    }

    [Fact]
    public void A_waiting_agent_says_what_it_waits_for()
    {
        var verdict = VerdictRules.Decide(Seen(Holder.Process, Signal.Waiting) with { WaitingFor = "permission-prompt" });

        Assert.Equal("permission-prompt", verdict.Reason);
    }

    [Fact]
    public void The_state_of_a_living_session_is_decided_by_its_own_signal()
    {
        Assert.Same(Signalling, VerdictRules.Decide(Seen(Holder.Process, Signal.Busy)).Decider);
    }

    [Fact]
    public void The_end_of_a_session_that_claimed_to_be_busy_is_decided_by_the_gone_process()
    {
        Assert.Same(Holding, VerdictRules.Decide(Seen(Holder.Gone, Signal.Busy)).Decider);
    }
}
