using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>Who holds a launch's lease, as the kernel shows it.</summary>
/// <param name="Shim">Holds byte 0.</param>
/// <param name="Agent">Holds byte 1.</param>
/// <param name="IsInPlace">The file that is locked is the one in the launch's directory.</param>
/// <param name="Since">When the holder started.</param>
public sealed record HeldLease(ProcessIdentity? Shim, ProcessIdentity? Agent, bool IsInPlace, DateTimeOffset Since);

/// <summary>
/// Finds launches that live although their files say otherwise: an agent can delete its marker, its directory or its lease, but not the
/// lock that its shim holds on the open file. Costs one read of /proc/locks as long as every lock there is explained. Thread-safe.
/// </summary>
internal sealed class HiddenLaunches(LaunchPlaces places)
{
    /// <summary>So many locks of other programs are remembered before those that are gone are forgotten.</summary>
    private const int MostRemembered = 4096;

    /// <summary>Locked files that are no lease of this home.</summary>
    private readonly ConcurrentDictionary<ulong, bool> foreign = new();

    /// <summary>Held leases of launches without a marker, or whose lease file is not the one that is locked.</summary>
    public Dictionary<string, HeldLease> Find()
    {
        // The locks before the markers: a marker is made before its lease is locked.
        var table = ProcessTable.Take();
        var locked = Locked(table);
        locked.RemoveWhere(foreign.ContainsKey);
        if (locked.Count == 0)
        {
            return [];
        }

        var marked = Marked();
        foreach (var id in marked)
        {
            locked.Remove(InodeOf(id) ?? 0);
        }

        if (locked.Count == 0)
        {
            return [];
        }

        var hidden = Scan(table, marked, out var leases);
        if (leases == 0)
        {
            if (foreign.Count > MostRemembered)
            {
                foreign.Clear();
            }

            foreach (var inode in locked)
            {
                foreign[inode] = true;
            }
        }

        return hidden;
    }

    private static HashSet<ulong> Locked(ProcessTable table)
    {
        try
        {
            return [.. table.HeldLocks.Where(static held => held.Kind == "OFDLCK").Select(static held => held.Inode)];
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
            return [.. OwnDirectory.Names(places.Live)];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private ulong? InodeOf(string launchId)
    {
        try
        {
            return LaunchId.IsOne(launchId) ? NativeFile.Stat(Path.Combine(places.Of(launchId), LaunchFiles.Lease))?.Inode : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <param name="leases">How many leases of this home were found that are not simply where they belong, marked as alive.</param>
    private Dictionary<string, HeldLease> Scan(ProcessTable table, HashSet<string> marked, out int leases)
    {
        leases = 0;
        var found = new Dictionary<string, HeldLease>(StringComparer.Ordinal);
        var root = RealPath.TryResolve(places.Launches) ?? places.Launches;
        foreach (var process in table.All.Where(process => process.UserId == table.UserId && process.HasFileBelow(root)))
        {
            foreach (var (id, isShims, isInPlace) in ProcessTrees.LeasesHeldBelow(process, root))
            {
                if (isInPlace && marked.Contains(id))
                {
                    continue;
                }

                leases++;

                // A shim without children has nothing left to own: it has said why its launch failed, and is about to end.
                if (!isInPlace && isShims && ProcessTrees.Below(table, process.Pid, static _ => false).Count == 0)
                {
                    continue;
                }

                var holder = found.GetValueOrDefault(id) ?? new HeldLease(null, null, isInPlace, process.StartedAt);
                found[id] = isShims ? holder with { Shim = process.Identity } : holder with { Agent = process.Identity };
            }
        }

        return found;
    }
}
