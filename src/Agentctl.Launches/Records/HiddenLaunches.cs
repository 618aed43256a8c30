using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>Who holds a launch's lease, as the kernel shows it.</summary>
/// <param name="Shim">Holds byte 0.</param>
/// <param name="Agent">Holds byte 1, or carries the launch's cookie.</param>
/// <param name="IsInPlace">The file that is locked is the one in the launch's directory.</param>
/// <param name="Since">When the holder started.</param>
public sealed record HeldLease(ProcessIdentity? Shim, ProcessIdentity? Agent, bool IsInPlace, DateTimeOffset Since)
{
    /// <summary>Where the lease lies now, if it was moved.</summary>
    public string? MovedTo { get; init; }

    /// <summary>False when only the cookie of <see cref="Agent"/> shows that the launch lives.</summary>
    public bool IsLocked { get; init; } = true;
}

/// <summary>
/// Finds launches that live although their files do not show it: an agent can delete or move its marker, its directory and its lease, but
/// not the lock that its shim holds on the open file. Costs one read of /proc/locks as long as every lock there is explained. Thread-safe.
/// </summary>
internal sealed class HiddenLaunches(LaunchPlaces places, Func<IProcessTable>? takeTable = null, Func<int, int, bool, bool>? holds = null)
{
    /// <summary>Locks that belong to no launch of this home. Inodes are reused, so one is forgotten with its lock.</summary>
    private readonly ConcurrentDictionary<HeldLock, bool> foreign = new();

    private readonly Func<IProcessTable> take = takeTable ?? ProcessTable.Take;

    /// <summary>Held leases of launches without a marker, or whose lease file is not the one that is locked.</summary>
    public Dictionary<string, HeldLease> Find()
    {
        // The locks before the markers: a marker is made before its lease is locked.
        var table = take();
        var locks = LocksOf(table);
        var leases = Marked().ToDictionary(static id => id, id => LaunchLeases.InodeIn(places.Of(id)), StringComparer.Ordinal);
        var locked = locks.Select(static held => held.Inode).ToHashSet();
        var suspects = leases.Where(lease => lease.Value is not { } inode || !locked.Contains(inode)).Select(static lease => lease.Key).ToHashSet(StringComparer.Ordinal);
        var explained = leases.Values.OfType<ulong>().ToHashSet();
        foreach (var gone in foreign.Keys.Where(known => !locks.Contains(known) || explained.Contains(known.Inode)))
        {
            foreign.TryRemove(gone, out _);
        }

        locks.RemoveWhere(held => explained.Contains(held.Inode));

        // A marker without a directory is worth a full look: its launch is being created, was never created, or was hidden by its agent.
        var bare = suspects.Where(id => leases[id] is null && !Directory.Exists(places.Of(id))).ToList();
        var found = locks.Count > 0 && (bare.Count > 0 || !locks.All(foreign.ContainsKey)) ? Holders(table, locks, leases.ContainsKey, suspects) : [];
        foreach (var id in bare.Where(id => !found.ContainsKey(id)))
        {
            if (CarrierOf(table, id) is { } carrier)
            {
                found[id] = new HeldLease(null, carrier.Identity, IsInPlace: false, carrier.StartedAt) { IsLocked = false };
            }
        }

        return found;
    }

    /// <summary>
    /// The holders of leases that the files do not explain. Where several processes claim one launch, the oldest is right: a shim starts
    /// before its agent.
    /// </summary>
    private Dictionary<string, HeldLease> Holders(IProcessTable table, HashSet<HeldLock> unexplained, Func<string, bool> isMarked, HashSet<string> suspects)
    {
        var reader = holds is null ? new LaunchLeases(places) : new LaunchLeases(places, holds);
        var found = new Dictionary<string, HeldLease>(StringComparer.Ordinal);
        var areForeign = true;
        foreach (var process in table.All.Where(process => process.UserId == table.UserId).OrderBy(static process => process.StartTicks))
        {
            foreach (var lease in reader.HeldBy(process, suspects))
            {
                areForeign &= lease.IsInPlace && isMarked(lease.LaunchId);

                // A shim without children has nothing left to own: it has reported why its launch failed, and is about to end.
                if (!lease.IsInPlace && lease.IsShims && ProcessTrees.Below(table, process.Pid, static _ => false).Count == 0)
                {
                    continue;
                }

                var holder = found.GetValueOrDefault(lease.LaunchId) ?? new HeldLease(null, null, lease.IsInPlace, process.StartedAt) { MovedTo = lease.MovedTo };
                found[lease.LaunchId] = lease.IsShims ? holder with { Shim = holder.Shim ?? process.Identity } : holder with { Agent = holder.Agent ?? process.Identity };
            }
        }

        foreach (var held in areForeign ? unexplained : [])
        {
            foreign[held] = true;
        }

        // What is in place and marked is as its files show it.
        return found.Where(pair => !(pair.Value.IsInPlace && isMarked(pair.Key))).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The oldest process that carries the cookie of a launch.</summary>
    private static ProcessEntry? CarrierOf(IProcessTable table, string launchId) => table.All
        .Where(process => process.UserId == table.UserId && process.Environment?.GetValueOrDefault(ShimProtocol.Cookie) == launchId)
        .MinBy(static process => process.StartTicks);

    private static HashSet<HeldLock> LocksOf(IProcessTable table)
    {
        try
        {
            return [.. table.HeldLocks.Where(static held => held.Kind == "OFDLCK")];
        }
        catch (CannotLookException)
        {
            // A system that does not show its locks: the files alone tell.
            return [];
        }
    }

    private HashSet<string> Marked()
    {
        try
        {
            return [.. OwnDirectory.Names(places.Live).Where(static name => LaunchId.IsOne(name))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
