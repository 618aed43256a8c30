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

    /// <summary>Who holds byte 0 of this file; null when that cannot be seen.</summary>
    public static ProcessEntry? HolderOf(IProcessTable table, string path) =>
        table.All.FirstOrDefault(process => process.UserId == table.UserId
            && process.OpenFiles?.Any(file => file.Path == path && LeaseHolder.HoldsFirstByte(process.Pid, file.Descriptor)) == true);

    private static bool IsLease(string path) =>
        Path.GetFileName(path.AsSpan()) is "daemon.lock"
        || (Path.GetFileName(path.AsSpan()) is LaunchFiles.Lease && LaunchId.IsOne(Path.GetFileName(Path.GetDirectoryName(path.AsSpan()))));
}
