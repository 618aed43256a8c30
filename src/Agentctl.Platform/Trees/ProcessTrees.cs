using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>What belongs to whom among living processes.</summary>
public static class ProcessTrees
{
    /// <summary>
    /// Everything that descends from a process, itself excluded. A descendant for which <paramref name="isAnothers"/> is true is left
    /// out with all below it.
    /// </summary>
    public static IReadOnlyList<ProcessEntry> Below(IProcessTable table, int pid, Func<ProcessEntry, bool> isAnothers)
    {
        var children = new Dictionary<int, List<ProcessEntry>>();
        foreach (var process in table.All)
        {
            if (!children.TryGetValue(process.ParentPid, out var siblings))
            {
                children[process.ParentPid] = siblings = [];
            }

            siblings.Add(process);
        }

        var found = new List<ProcessEntry>();
        var next = new Queue<int>([pid]);
        while (next.TryDequeue(out var parent))
        {
            foreach (var child in children.GetValueOrDefault(parent) ?? [])
            {
                if (!isAnothers(child))
                {
                    found.Add(child);
                    next.Enqueue(child.Pid);
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Whether a process is the shim of another launch, or a daemon of ours: it holds byte 0 of a lease that is not
    /// <paramref name="ownLease"/>. Told by the kernel's own list of locks (proc_pid_fdinfo(5)), never by a name.
    /// </summary>
    public static bool HoldsAnotherLease(ProcessEntry process, string ownLease)
    {
        foreach (var file in process.OpenFiles ?? [])
        {
            if (file.Path != ownLease && IsLease(file.Path) && LeaseHolder.HoldsFirstByte(process.Pid, file.Descriptor))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The leases of launches below a directory that a process holds, by the kernel's own list of locks: the launch's id, whether it is
    /// the shim's byte, and whether the file still is where it was opened. A lease that was renamed is recognized by its directory.
    /// </summary>
    /// <param name="launches">The directory of all launches, links resolved.</param>
    public static IEnumerable<(string LaunchId, bool IsShims, bool IsInPlace)> LeasesHeldBelow(ProcessEntry process, string launches)
    {
        const string Deleted = " (deleted)";
        foreach (var file in process.OpenFiles ?? [])
        {
            var isDeleted = file.Path.EndsWith(Deleted, StringComparison.Ordinal);
            var path = isDeleted ? file.Path[..^Deleted.Length] : file.Path;
            var isInPlace = !isDeleted && Path.GetFileName(path) == LaunchFiles.Lease;
            if (Path.GetDirectoryName(path) is not { } folder || Path.GetDirectoryName(folder) != launches || !LaunchId.IsOne(Path.GetFileName(folder)))
            {
                continue;
            }

            foreach (var isShims in (bool[])[true, false])
            {
                if (LeaseHolder.HoldsByte(process.Pid, file.Descriptor, isShims ? " 0 0"u8 : " 1 1"u8))
                {
                    yield return (Path.GetFileName(folder), isShims, isInPlace);
                }
            }
        }
    }

    /// <summary>Who holds byte 0 of this file; null when that cannot be seen.</summary>
    public static ProcessEntry? HolderOf(IProcessTable table, string path) =>
        table.All.FirstOrDefault(process => process.UserId == table.UserId
            && process.OpenFiles?.Any(file => file.Path == path && LeaseHolder.HoldsFirstByte(process.Pid, file.Descriptor)) == true);

    private static bool IsLease(string path) =>
        Path.GetFileName(path.AsSpan()) is "daemon.lock"
        || (Path.GetFileName(path.AsSpan()) is LaunchFiles.Lease && LaunchId.IsOne(Path.GetFileName(Path.GetDirectoryName(path.AsSpan()))));
}
