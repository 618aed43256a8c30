using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Ends what runs under a shim in place of the shim: when the shim is stopped by a signal, was killed, or does not answer. The kernel's
/// list of locks and the cookie in the environment decide which processes are signalled, never a record that the agent can write.
/// </summary>
public static class ShimTree
{
    /// <summary>How long a shim may take to record the end of a command that was ended for it.</summary>
    private static readonly TimeSpan RecordPatience = TimeSpan.FromSeconds(5);

    /// <summary>Ends the shim of a folder that is no launch of its own, such as a terminal, with everything below it and all that carries its cookie.</summary>
    /// <param name="folder">Where the shim's lease lies.</param>
    /// <param name="cookie">The shim's id, which its processes inherit.</param>
    /// <param name="deadline">How long they may take to obey SIGTERM.</param>
    public static async Task End(string folder, string cookie, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var lease = Path.Combine(folder, LaunchFiles.Lease);
        var shim = LeaseHolder.FindShim(lease, ProcessTable.Take());
        var tree = new FollowedTree(
            table => (shim is null ? [] : ProcessTrees.Below(table, shim.Pid, static process => ProcessTrees.HoldsAnotherLease(process, "")))
                .Concat(CarriersOf(table, one => one == cookie)),
            lease);
        await TreeEnding.End(() => [.. tree.Members().Where(member => member.Pid != shim?.Pid)], deadline, time, cancellationToken).ConfigureAwait(false);
        if (shim is not null)
        {
            await EndShim(shim, static _ => { }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends every process of this user whose cookie is meant, and what descends from it.</summary>
    public static async Task EndCarriers(Func<string, bool> isMeant, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        var tree = new FollowedTree(table => CarriersOf(table, isMeant));
        if (tree.Members().Count > 0)
        {
            await TreeEnding.End(tree.Members, deadline, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a shim whose command has ended the time to record that; one that does not is killed.</summary>
    /// <param name="note">Receives what else was sent.</param>
    internal static async Task EndShim(ProcessEntry shim, Action<string> note, CancellationToken cancellationToken)
    {
        _ = ProcessSignal.TrySend(shim.Pid, shim.StartTicks, SignalNumbers.Terminate, out _);
        _ = ProcessSignal.TrySend(shim.Pid, shim.StartTicks, SignalNumbers.Continue, out _);
        if (!await ProcessEnd.Wait(shim, RecordPatience, cancellationToken).ConfigureAwait(false))
        {
            note($"SIGKILL to its shim (pid {shim.Pid}), which did not record the end");
            _ = ProcessSignal.TrySend(shim.Pid, shim.StartTicks, SignalNumbers.Kill, out _);
            _ = await ProcessEnd.Wait(shim, RecordPatience, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<ProcessEntry> CarriersOf(IProcessTable table, Func<string, bool> isMeant) => table.All.Where(process =>
        process.UserId == table.UserId && process.Environment?.GetValueOrDefault(ShimProtocol.Cookie) is { } carried && isMeant(carried));
}
