using Agentctl.Core;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// From what the kernel and the rollout say to the facts of one thread. Pure. A held lock means loaded; the newest turn means busy;
/// neither alone is "running".
/// </summary>
internal static class CodexFacts
{
    /// <summary>Inode of the initial pid namespace (PROC_PID_INIT_INO): locks of every process of the machine are seen from there.</summary>
    private const ulong InitialPidNamespace = 0xEFFFFFFC;

    private const string ApprovalsNotRecorded =
        "whether it runs or waits for an approval: Codex writes no record when it asks for one";

    private const string LocksOutside =
        "whether a process outside this pid namespace holds it: the kernel does not show such locks here";

    private const string NothingYet = "no rollout yet: nothing was asked of this thread so far";

    /// <param name="rollout">The thread's rollout; null when it has none yet.</param>
    /// <param name="shown">The rollout's path as evidence shows it; where there is none, the lock file's.</param>
    /// <param name="turn">The newest turn, from the rollout's tail or the history database.</param>
    /// <param name="turnSource">Where that was read.</param>
    public static Facts Of(
        ThreadHolder? holder, CodexDaemon? daemon, Rollout? rollout, string shown, NewestTurn? turn, string turnSource, ulong pidNamespace)
    {
        var isHeld = holder is { Holder: Holder.Process };
        var (signal, evidence) = SignalOf(holder, daemon, rollout, shown, turn, turnSource, isHeld);
        var waitsFor = isHeld && signal == Signal.Busy && rollout?.Tail.Open is { Tool: "request_user_input" } ? "user-input" : null;
        return new Facts
        {
            // A lock file left behind claims the thread only as long as its newest turn has no end.
            Holder = holder is null or { Holder: Holder.None } ? (holder is not null && signal == Signal.Busy ? Holder.Gone : Holder.None) : holder.Holder,
            HolderEvidence = holder?.Evidence,
            Process = holder?.Process?.Identity,
            Signal = waitsFor is null ? signal : Signal.Waiting,
            SignalEvidence = waitsFor is null
                ? evidence
                : new Evidence(shown, "a request_user_input call without an answer", rollout!.Tail.Open!.At ?? rollout.File.ModifiedAt),
            WaitingFor = waitsFor,
            NotKnown = NotKnown(isHeld, signal, rollout, pidNamespace),
        };
    }

    private static (Signal Signal, Evidence? Evidence) SignalOf(
        ThreadHolder? holder, CodexDaemon? daemon, Rollout? rollout, string shown, NewestTurn? turn, string turnSource, bool isHeld)
    {
        if (turn is not null)
        {
            if (isHeld && turn.Signal == Signal.Busy && NotOfHolder(turn, holder!.Process!, daemon) is { } why)
            {
                return (Signal.Idle, new Evidence(turnSource, $"{turn.Record}{Id(turn)} without an end, but {why}", turn.At));
            }

            return (turn.Signal, new Evidence(turnSource, Sentence(turn), turn.At));
        }

        if (rollout is null)
        {
            return holder is null ? (Signal.None, null) : (Signal.NeverRun, new Evidence(shown, NothingYet, holder.Evidence.ObservedAt));
        }

        if (rollout.IsCompressed)
        {
            return (Signal.Idle, new Evidence(shown, "Codex compressed it, which it does to conversations at rest", rollout.File.ModifiedAt));
        }

        var at = rollout.Tail.LastAt ?? rollout.File.ModifiedAt;
        return rollout.Tail.Whole
            ? rollout.Head.Prompt is null
                ? (Signal.NeverRun, new Evidence(shown, "no turn and no prompt in it", at))
                : (Signal.None, new Evidence(shown, "no record of a turn's start or end in it", at))
            : (Signal.None, new Evidence(shown, $"no turn's start or end in its last {RolloutTail.LimitBytes / 1024} KB", at));
    }

    /// <summary>
    /// A thread whose process was killed in a turn can be loaded again by another process: the turn stays without an end in the
    /// rollout and in the database, and is nobody's. Why it cannot be the holder's turn; null when it can.
    /// </summary>
    private static string? NotOfHolder(NewestTurn turn, ProcessEntry holder, CodexDaemon? daemon)
    {
        // Start times of processes are rounded to a tick and rest on the boot time, which is known to the second.
        if (turn.At < holder.StartedAt - TimeSpan.FromSeconds(2))
        {
            return $"pid {holder.Pid}, which has it loaded, was started later ({holder.StartedAt:yyyy-MM-ddTHH:mm:ssZ}): another process died in that turn";
        }

        return turn.Trigger == "exec" && daemon is { } known && known.Is(holder)
            ? $"a codex exec began it and the Codex daemon (pid {holder.Pid}) has it loaded: another process died in that turn"
            : null;
    }

    private static string Sentence(NewestTurn turn) => turn.Signal switch
    {
        Signal.Busy => $"{turn.Record}{Id(turn)} without an end",
        Signal.Failed => $"{turn.Record}{Id(turn)} with an error: {turn.Detail ?? "see the database"}",
        Signal.Aborted when turn.Detail is not null => $"{turn.Record}{Id(turn)}: {turn.Detail}",
        _ => $"{turn.Record}{Id(turn)}",
    };

    private static string Id(NewestTurn turn) => turn.TurnId is null ? "" : $" {turn.TurnId}";

    private static string[] NotKnown(bool isHeld, Signal signal, Rollout? rollout, ulong pidNamespace)
    {
        if (signal != Signal.Busy)
        {
            return [];
        }

        return isHeld
            ? rollout?.Tail.Open is { NeedsApproval: true } ? [ApprovalsNotRecorded] : []
            : pidNamespace is InitialPidNamespace or 0 ? [] : [LocksOutside];
    }
}
