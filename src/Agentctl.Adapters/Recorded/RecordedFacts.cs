using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>
/// From a record and the living processes to the facts of one session. Pure. Without a tie between the two, a process in the same
/// directory that began early enough may be the one, and one that names the session on its command line rather than any other (decision
/// 0002): that is told as unknown and <c>probable</c>, and never acted on. Where there is no such process, nobody works on it.
/// </summary>
internal static class RecordedFacts
{
    /// <summary>Start times of processes rest on the boot time, which is known to the second.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(2);

    /// <summary>A program of the agent's own says that it works on the session now.</summary>
    public static Facts OfOwned(RecordedSession session, Evidence said) => new()
    {
        Holder = Holder.Owner,
        HolderEvidence = said with { ObservedAt = session.SignalAt },
        Signal = Signal.Busy,
        SignalEvidence = said with { ObservedAt = session.SignalAt },
        Others = [new Evidence(session.Source, session.Fact, session.SignalAt)],
    };

    /// <param name="candidates">Living processes that may be this kind of agent.</param>
    /// <param name="agent">Its name, for sentences.</param>
    public static Facts Of(RecordedSession session, Candidates candidates, string agent)
    {
        var signal = new Evidence(session.Source, session.Fact, session.SignalAt);
        var named = candidates.Naming(session.Id);
        if (session.Signal != Signal.Busy)
        {
            return new Facts
            {
                Holder = Holder.None, Signal = session.Signal, SignalEvidence = signal,
                NotKnown = candidates.All.Count == 0 ? []
                    : [$"whether a program has it open: {(named is null ? "" : $"pid {named.Pid} ({named.Comm}) names it on its command line, but ")}{agent} leaves nothing that tells"],
            };
        }

        return (named ?? InItsDirectory(session, candidates.All)) is { } process
            ? new Facts
            {
                Holder = Holder.Unreadable,
                HolderEvidence = new Evidence(
                    $"/proc/{process.Pid}",
                    $"probably pid {process.Pid} ({process.Comm}): {(named is null ? $"it works in {session.Cwd} and was there before the newest turn began" : "its command line names the session")}; {agent} leaves nothing that proves it",
                    process.StartedAt),
                UnknownReason = Reasons.Probable,
                Signal = Signal.Busy,
                SignalEvidence = signal,
            }
            : new Facts { Holder = Holder.None, Signal = Signal.Busy, SignalEvidence = signal };
    }

    /// <summary>Of several that may be it, the one that began last.</summary>
    private static ProcessEntry? InItsDirectory(RecordedSession session, IReadOnlyList<ProcessEntry> candidates) =>
        candidates.Where(process => process.WorkingDirectory == session.Cwd && process.StartedAt <= session.SignalAt + Tolerance).MaxBy(static process => process.StartedAt);
}
