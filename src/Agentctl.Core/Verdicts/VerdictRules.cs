namespace Agentctl.Core;

/// <summary>
/// From facts to verdict: the table of product.md section 5. Pure; one authority decides, file age never does (laws L2, L3).
/// </summary>
public static class VerdictRules
{
    public static Verdict Decide(Facts facts) => facts.Launch switch
    {
        { IsHeld: true, CannotTell: true, IsUnreadable: true } launch => new(SessionState.Unknown, Reasons.Unreadable, launch.Evidence,
            "its files cannot be read, or say what the kernel does not confirm; until its end is proven it counts as alive", false),
        { IsHeld: true, CannotTell: true } launch => new(SessionState.Unknown, Reasons.OtherNamespace, launch.Evidence,
            "its processes live where this system cannot look; that is neither alive nor gone", false),
        { IsHeld: true } launch => Launched(facts, launch),
        { Queue: { } queue, Exit: null } => new(SessionState.Queued, queue.Reason, queue.Evidence, "it was accepted, and its turn has not come", false),

        // Its end is recorded. Only another process that goes on with the conversation is newer than that.
        { Exit: { } exit } launch when !(facts.Holder == Holder.Owner || (facts.Holder == Holder.Process && facts.Process != launch.Agent)) =>
            LaunchEnded(facts, launch, exit),
        _ => ByHolder(facts),
    };

    private static Verdict ByHolder(Facts facts) => facts.Holder switch
    {
        Holder.Process or Holder.Owner => Held(facts),
        Holder.Gone => Gone(facts),
        Holder.None => Unheld(facts),
        Holder.OtherNamespace => Unknown(facts, Reasons.OtherNamespace,
            "its process lives where this system cannot look; that is neither alive nor gone"),
        Holder.Unreadable when facts.UnknownReason == Reasons.Probable => Unknown(facts, Reasons.Probable,
            "a process that may be working on it is alive, and nothing proves that it does; it is never acted on"),
        _ => Unknown(facts, Reasons.Unreadable, "what would decide could not be read"),
    };

    private static Verdict Held(Facts facts)
    {
        var signal = Signalled(facts);
        return facts.Signal switch
        {
            Signal.Busy => new(SessionState.Running, null, signal, "its holder is alive and the agent says a turn is in progress", true),
            Signal.Waiting => new(SessionState.Waiting, facts.WaitingFor, signal, "its holder is alive and the agent says it needs a human", true),
            Signal.None => new(SessionState.Unknown, facts.UnknownReason ?? Reasons.NoSignal, HolderOf(facts),
                "its holder is alive, but nothing tells whether a turn is in progress", true),
            // A finished, failed or aborted turn of a session that somebody still holds: the conversation rests.
            _ => new(SessionState.Idle, null, signal, "its holder is alive and no turn is in progress", true),
        };
    }

    /// <summary>What we launched lives by its lease; what it is doing is its own to tell.</summary>
    private static Verdict Launched(Facts facts, LaunchFacts launch)
    {
        // What the agent said before this launch was of an earlier turn.
        var signal = facts.SignalEvidence is { } said && said.ObservedAt < launch.LaunchedAt ? Signal.None : facts.Signal;
        return signal switch
        {
            Signal.Busy => new(SessionState.Running, null, Signalled(facts), "its lease is held and the agent says a turn is in progress", true),
            Signal.Waiting => new(SessionState.Waiting, facts.WaitingFor, Signalled(facts), "its lease is held and the agent says it needs a human", true),
            Signal.None or Signal.NeverRun when launch.Agent is null => new(SessionState.Starting, null, launch.Evidence,
                "its lease is held and its agent has not begun yet", true),
            Signal.None or Signal.NeverRun when !launch.TellsTurns => new(SessionState.Running, null, launch.Evidence,
                "its lease is held; this kind of agent tells nothing of turns, so it works until it ends", true),
            Signal.None or Signal.NeverRun when launch.IsYoung => new(SessionState.Starting, null, launch.Evidence,
                "its lease is held and the agent has not reported its session yet", true),
            Signal.None or Signal.NeverRun => new(SessionState.Running, Reasons.NoSessionYet, launch.Evidence,
                $"its lease is held, and the agent has not reported its session within {LaunchFacts.Youth.TotalSeconds:0} s", true),
            _ => new(SessionState.Idle, null, Signalled(facts), "its lease is held and no turn is in progress", true),
        };
    }

    private static Verdict LaunchEnded(Facts facts, LaunchFacts launch, ExitRecord exit)
    {
        var byTimeout = exit.Stop is { By: StopRecord.Timeout };
        return (exit.How, exit.Stop) switch
        {
            (ExitHows.Reboot, _) => Ended(SessionState.Stopped, Reasons.Reboot, launch.Evidence, "the machine was booted while it ran"),
            (_, not null) when byTimeout => Ended(SessionState.Error, Reasons.Timeout, launch.Evidence, "it was ended when its time was over"),
            (_, { By: StopRecord.OutputLimit }) => Ended(SessionState.Error, Reasons.OutputLimit, launch.Evidence, "it was ended because it wrote more in one turn than it may"),
            (_, { By: StopRecord.Rest }) => Ended(SessionState.Stopped, Reasons.Resumable, launch.Evidence, "its conversation is open, and its agent was not needed for now"),
            (_, { By: StopRecord.Done }) when facts.Signal == Signal.Failed => Ended(SessionState.Error, Reasons.Failed, Signalled(facts), "its one turn failed, so its agent was ended"),
            (_, { By: StopRecord.Done }) when facts.Signal == Signal.TimedOut => Ended(SessionState.Error, Reasons.Timeout, Signalled(facts), "the time of its one turn was over, so its agent was ended"),
            (_, { By: StopRecord.Done }) => Ended(SessionState.Stopped, Reasons.Done, launch.Evidence, "its one turn was over, so its agent was ended"),
            (_, not null) => Ended(SessionState.Stopped, Reasons.Asked, launch.Evidence, "it ended after somebody had asked for it, so its exit code does not count"),
            (ExitHows.Exited, _) when exit.ExitCode == 0 => EndedWell(facts, launch),
            (ExitHows.Exited, _) => Ended(SessionState.Error, Reasons.Exit(exit.ExitCode ?? -1), launch.Evidence, "its process ended with a code that is not 0"),
            (ExitHows.Signaled, _) when exit.OutOfMemory => Ended(SessionState.Error, Reasons.OutOfMemory, launch.Evidence, "the kernel killed it for want of memory"),
            (ExitHows.Signaled, _) => Ended(SessionState.Error, Reasons.Signal(exit.Signal ?? 0), launch.Evidence, "a signal ended it and nobody had asked for it through agentctl"),
            (ExitHows.FailedToStart, _) => Ended(SessionState.Error, Reasons.Failed, launch.Evidence, "its program never ran"),
            _ => Ended(SessionState.Error, Reasons.Lost, launch.Evidence, "its shim was killed, and with it the knowledge of how it ended"),
        };
    }

    private static Verdict EndedWell(Facts facts, LaunchFacts launch) => facts.Signal switch
    {
        _ when launch.EndReason is { } reason => Ended(SessionState.Stopped, reason, launch.Evidence, "its process ended with code 0, and its output says why the turn did not succeed"),
        Signal.Aborted when facts.SignalEvidence?.ObservedAt >= launch.LaunchedAt =>
            Ended(SessionState.Stopped, Reasons.Aborted, Signalled(facts), "its process ended with code 0 and its newest turn was aborted"),
        Signal.Failed when facts.SignalEvidence?.ObservedAt >= launch.LaunchedAt =>
            Ended(SessionState.Error, Reasons.Failed, Signalled(facts), "its process ended with code 0, but the agent recorded a failure"),
        _ => Ended(SessionState.Stopped, Reasons.Done, launch.Evidence, "its process ended with code 0"),
    };

    private static Verdict Gone(Facts facts) => facts.Signal switch
    {
        Signal.Done => Ended(SessionState.Stopped, Reasons.Done, Signalled(facts), "its process is gone and the newest turn had finished"),
        Signal.Aborted => Ended(SessionState.Stopped, Reasons.Aborted, Signalled(facts), "its process is gone and the newest turn was aborted"),
        Signal.Failed => Ended(SessionState.Error, Reasons.Failed, Signalled(facts), "its process is gone and the agent recorded a failure"),
        Signal.TimedOut => Ended(SessionState.Error, Reasons.Timeout, Signalled(facts), "its process is gone and the agent recorded a timeout"),
        _ => Ended(SessionState.Stopped, Reasons.Vanished, HolderOf(facts),
            "the process that claimed it is gone, and no end was recorded; what it last said no longer counts"),
    };

    private static Verdict Unheld(Facts facts) => facts.Signal switch
    {
        Signal.Done => Ended(SessionState.Stopped, Reasons.Done, Signalled(facts), "nothing holds it and its newest turn finished"),
        Signal.Idle => Ended(SessionState.Stopped, Reasons.Resumable, Signalled(facts), "nothing holds it; it can be continued"),
        Signal.NeverRun => Ended(SessionState.Stopped, Reasons.NeverRun, Signalled(facts), "nothing holds it and it never ran"),
        Signal.Aborted => Ended(SessionState.Stopped, Reasons.Aborted, Signalled(facts), "nothing holds it and its newest turn was aborted"),
        Signal.Failed => Ended(SessionState.Error, Reasons.Failed, Signalled(facts), "nothing holds it and the agent recorded a failure"),
        Signal.TimedOut => Ended(SessionState.Error, Reasons.Timeout, Signalled(facts), "nothing holds it and the agent recorded a timeout"),
        Signal.Busy or Signal.Waiting => Ended(SessionState.Stopped, Reasons.Vanished, Signalled(facts),
            "its newest turn never finished, and nothing holds it any more"),
        _ => Ended(SessionState.Stopped, Reasons.Resumable, facts.SignalEvidence ?? facts.HolderEvidence ?? Missing,
            "nothing holds it; only its record is left"),
    };

    private static Verdict Ended(SessionState state, string reason, Evidence decider, string why) => new(state, reason, decider, why, false);

    private static Verdict Unknown(Facts facts, string reason, string why) =>
        new(SessionState.Unknown, facts.UnknownReason ?? reason, HolderOf(facts), why, false);

    private static Evidence HolderOf(Facts facts) => facts.HolderEvidence ?? facts.SignalEvidence ?? Missing;

    private static Evidence Signalled(Facts facts) => facts.SignalEvidence ?? facts.HolderEvidence ?? Missing;

    /// <summary>An adapter that gives no evidence at all has a bug; the row says so instead of hiding it.</summary>
    private static readonly Evidence Missing = new("agentctl", "the adapter gave no evidence", DateTimeOffset.UnixEpoch);
}
