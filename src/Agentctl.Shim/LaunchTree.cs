using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// What belongs to the launch: everything that descends from the shim (it adopts orphans), everything in the launch's cgroup, and
/// whatever carries its cookie. An agent may run agentctl: a shim or daemon that was born in here, and all below it, is left alone.
/// </summary>
internal sealed class LaunchTree(string launchId, string ownLease, LaunchCgroup? cgroup)
{
    public IReadOnlyList<ProcessEntry> Members()
    {
        var table = ProcessTable.Take();
        var self = Environment.ProcessId;
        var anothers = new HashSet<int>();
        var members = new Dictionary<int, ProcessEntry>();
        foreach (var process in ProcessTrees.Below(table, self, IsAnothers))
        {
            members[process.Pid] = process;
        }

        var spared = anothers.SelectMany(pid => ProcessTrees.Below(table, pid, static _ => false).Select(static process => process.Pid)).Concat(anothers).Append(self).ToHashSet();
        foreach (var pid in cgroup?.Members ?? [])
        {
            if (spared.Contains(pid))
            {
                // The whole cgroup may have to be killed at once: what is not ours moves out before.
                cgroup!.MoveOut(pid);
            }
            else if (table.Find(pid) is { } process)
            {
                members[pid] = process;
            }
        }

        foreach (var process in table.All)
        {
            if (!members.ContainsKey(process.Pid) && !spared.Contains(process.Pid) && process.UserId == table.UserId
                && process.Environment?.GetValueOrDefault(ShimProtocol.Cookie) == launchId && !ProcessTrees.HoldsAnotherLease(process, ownLease))
            {
                members[process.Pid] = process;
            }
        }

        return [.. members.Values];

        bool IsAnothers(ProcessEntry process)
        {
            if (!ProcessTrees.HoldsAnotherLease(process, ownLease))
            {
                return false;
            }

            anothers.Add(process.Pid);
            return true;
        }
    }
}
