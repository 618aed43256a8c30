namespace Agentctl.Core;

/// <summary>
/// From facts to verdict: the table of product.md section 5. Pure; one authority decides, file age never does (laws L2, L3).
/// </summary>
public static class VerdictRules
{
    public static Verdict Decide(Facts facts) => facts.Holder switch
    {
        Holder.Process or Holder.Owner => Held(facts),
        Holder.Gone => Gone(facts),
        Holder.None => Unheld(facts),
        Holder.OtherNamespace => Unknown(facts, Reasons.OtherNamespace,
            "its process lives where this system cannot look; that is neither alive nor gone"),
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
