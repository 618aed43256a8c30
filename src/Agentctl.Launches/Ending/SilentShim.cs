using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Shims that live and do not answer: stopped by a signal, or reached by nobody because their socket was replaced. An agent can do both
/// to its shim. Whom to signal is decided by the kernel's list of locks, never by a record that the agent can write.
/// </summary>
public sealed class SilentShim(LaunchPlaces places, TimeProvider time)
{
    /// <summary>Why the shim of a launch does not answer, as a sentence for a person; null when no shim of it lives here.</summary>
    public static string? Explain(LaunchPlaces places, Launch launch)
    {
        if (FindShim(places, launch, ProcessTable.Take()) is not { } shim)
        {
            return null;
        }

        return IsStopped(shim)
            ? $"its shim (pid {shim.Pid}) is stopped by a signal and does not answer; to continue it: kill -CONT {shim.Pid}; to end the session: agentctl stop {launch.Id}"
            : $"its shim (pid {shim.Pid}) does not answer; to end the session: agentctl stop {launch.Id}";
    }

    /// <summary>Continues a shim that is stopped by a signal; false when it is not.</summary>
    /// <param name="asked">Receives what was sent.</param>
    public bool Continue(Launch launch, List<string> asked)
    {
        // The record's own pid alone, if it is the shim: this runs once a second, and for launches that are perfectly well.
        if (launch.Agent is { } agent && ProcessTable.Take() is var table && table.Find(agent.ShimPid) is { } named && IsStopped(named)
            && FindShim(places, launch, table) is { } shim && IsStopped(shim))
        {
            _ = ProcessSignal.TrySend(shim.Pid, shim.StartTicks, SignalNumbers.Continue, out _);
            Note(asked, $"SIGCONT to its shim (pid {shim.Pid}), which was stopped by a signal");
            return true;
        }

        return false;
    }

    /// <summary>
    /// Ends the agent in place of a shim that did not. The shim records the end if it still can; if not, it is killed, and the end is
    /// recorded for it.
    /// </summary>
    /// <returns>False when no shim of the launch lives here.</returns>
    public async Task<bool> End(Launch launch, TimeSpan deadline, string by, List<string> asked, CancellationToken cancellationToken)
    {
        if (FindShim(places, launch, ProcessTable.Take()) is not { } shim)
        {
            return false;
        }

        // A disk that is full keeps nobody from ending what filled it.
        _ = TryRecordRequest(launch, by);
        var tree = new FollowedTree(table => RootsOf(launch, shim, table), Path.Combine(places.Of(launch.Id), LaunchFiles.Lease));
        var count = tree.Members().Count(member => member.Pid != shim.Pid);
        asked.Add($"{(deadline > TimeSpan.Zero ? "SIGTERM" : "SIGKILL")} to {count} process{(count == 1 ? "" : "es")} below its shim (pid {shim.Pid}), which does not answer");
        await TreeEnding.End(() => [.. tree.Members().Where(member => member.Pid != shim.Pid)], deadline, time, cancellationToken).ConfigureAwait(false);
        await ShimTree.EndShim(shim, asked.Add, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static IEnumerable<ProcessEntry> RootsOf(Launch launch, ProcessEntry shim, IProcessTable table) =>
        ProcessTrees.Below(table, shim.Pid, static process => ProcessTrees.HoldsAnotherLease(process, ""))
            .Concat(Undertaker.LeftBehind(launch, table).Select(left => table.Find(left.Pid, left.StartTicks)).OfType<ProcessEntry>());

    private bool TryRecordRequest(Launch launch, string by)
    {
        try
        {
            return LaunchFolder.TryCreate(places.Of(launch.Id), LaunchFiles.Stop, new StopRecord(by, time.GetUtcNow()), LaunchJson.Default.StopRecord);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Where the agent has removed or replaced the lease, the lock on the open file still tells.</summary>
    private static ProcessEntry? FindShim(LaunchPlaces places, Launch launch, ProcessTable table) => launch.Holder?.Shim is { } hidden
        ? table.Find(hidden.Pid, hidden.StartTicks)
        : LeaseHolder.FindShim(Path.Combine(places.Of(launch.Id), LaunchFiles.Lease), table, launch.Agent?.ShimPid);

    /// <summary>Stopped by a signal, or by a debugger.</summary>
    private static bool IsStopped(ProcessEntry process) => process.State is 'T' or 't';

    private static void Note(List<string> asked, string what)
    {
        if (!asked.Contains(what))
        {
            asked.Add(what);
        }
    }
}
