using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>One registered pid's claim to hold a session, checked against the kernel.</summary>
/// <param name="Process">The living process, when pid and start time agree.</param>
internal sealed record Claim(RegistryEntry Entry, Holder Holder, ProcessEntry? Process, Signal Signal, string? WaitingFor, string Fact)
{
    public static Claim Check(RegistryEntry entry, string? machineId, IProcessTable processes)
    {
        if (PidDomain.WhyForeign(entry.PidDomain, machineId, processes) is { } foreign)
        {
            return new Claim(entry, Holder.OtherNamespace, null, Signal.None, null, $"{StatusOf(entry)}; {foreign}: pid {entry.Pid} means nothing here");
        }

        if (processes.Find(entry.Pid) is not { } process)
        {
            return new Claim(entry, Holder.Gone, null, Signal.None, null,
                $"{StatusOf(entry)}; but there is no process {entry.Pid} any more{(entry.IsTorn ? " (the file is torn)" : "")}");
        }

        if (entry.StartTicks is not { } startTicks)
        {
            return new Claim(entry, Holder.Unreadable, null, Signal.None, null,
                $"{(entry.IsTorn ? "the file is torn" : "the file tells no start time")}; a process {entry.Pid} is alive, and whether it is the same cannot be told");
        }

        if (process.StartTicks != startTicks)
        {
            return new Claim(entry, Holder.Gone, null, Signal.None, null,
                $"{StatusOf(entry)}; but pid {entry.Pid} with start {startTicks} is gone, {entry.Pid} is now another process (start {process.StartTicks})");
        }

        var alive = $"pid {entry.Pid} with start {startTicks} is alive (field 22 of /proc/{entry.Pid}/stat is the same)";
        return entry.IsTorn
            ? new Claim(entry, Holder.Process, process, Signal.None, null, $"the file is torn; {alive}")
            : new Claim(entry, Holder.Process, process, SignalOf(entry.Status), WaitingReason(entry), $"{StatusOf(entry)}; {alive}");
    }

    /// <summary>What proves that the process lives, or that it does not.</summary>
    public Evidence HolderEvidence(ClaudePlaces places) => Process is { } process
        ? new Evidence($"/proc/{process.Pid}/stat", $"pid {process.Pid} is alive; field 22 is {process.StartTicks}, the start time registered in {places.Show(Entry.Path)}", process.StartedAt)
        : Evidence(places);

    public Evidence Evidence(ClaudePlaces places) => new(places.Show(Entry.Path), Fact, Entry.ObservedAt);

    /// <summary>Which claim speaks for a session that several processes claim: the living before the dead, the busy before the idle, then the newest.</summary>
    public static readonly IComparer<Claim> Strongest = Comparer<Claim>.Create(static (a, b) =>
        Weight(a) != Weight(b) ? Weight(a).CompareTo(Weight(b))
        : a.Entry.StartedAt != b.Entry.StartedAt ? Nullable.Compare(b.Entry.StartedAt, a.Entry.StartedAt)
        : a.Entry.Pid.CompareTo(b.Entry.Pid));

    private static int Weight(Claim claim) => (claim.Holder, claim.Signal) switch
    {
        (Holder.Process, Signal.Busy) => 0,
        (Holder.Process, Signal.Waiting) => 1,
        (Holder.Process, Signal.Idle) => 2,
        (Holder.Process, _) => 3,
        (Holder.Unreadable, _) => 4,
        (Holder.OtherNamespace, _) => 5,
        _ => 6,
    };

    private static Signal SignalOf(string? status) => status switch
    {
        "busy" or "shell" => Signal.Busy,
        "waiting" => Signal.Waiting,
        "idle" => Signal.Idle,
        _ => Signal.None,
    };

    /// <summary>"permission prompt" is <c>permission-prompt</c>, "dialog open" is <c>dialog-open</c>.</summary>
    private static string? WaitingReason(RegistryEntry entry) => entry is { Status: "waiting", WaitingFor: { Length: > 0 } reason }
        ? string.Create(reason.Length, reason, static (kebab, from) =>
        {
            for (var i = 0; i < kebab.Length; i++)
            {
                kebab[i] = char.IsAsciiLetterOrDigit(from[i]) ? char.ToLowerInvariant(from[i]) : '-';
            }
        }).Trim('-')
        : null;

    private static string StatusOf(RegistryEntry entry) => entry.IsTorn ? "the file is torn"
        : entry.Status is null ? "no status written"
        : entry.Status == "waiting" && entry.WaitingFor is not null ? $"status waiting ({entry.WaitingFor})"
        : $"status {entry.Status}";
}
