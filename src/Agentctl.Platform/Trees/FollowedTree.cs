using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// A tree whose root is not our descendant: who was seen below it once belongs to it, also after the root has died and its children
/// were given to init. What a nested launch of agentctl or its daemon holds does not belong to it,
/// and neither does this process: an agent may ask for its own end.
/// </summary>
/// <param name="roots">The roots of now, as the table shows them.</param>
/// <param name="ownLease">The lease of the tree itself, if it has one.</param>
public sealed class FollowedTree(Func<IProcessTable, IEnumerable<ProcessEntry>> roots, string ownLease = "")
{
    private readonly HashSet<(int Pid, ulong StartTicks)> known = [];

    /// <summary>Exactly this process, and what descends from it.</summary>
    public static FollowedTree Of(ProcessIdentity root) => new(table => table.Find(root.Pid, root.StartTicks) is { } process ? [process] : []);

    /// <summary>The living members of now.</summary>
    public IReadOnlyList<ProcessEntry> Members()
    {
        var table = ProcessTable.Take();
        _ = table.All;
        var members = new Dictionary<int, ProcessEntry>();
        var heads = roots(table).Concat(known.Select(one => table.Find(one.Pid, one.StartTicks)).OfType<ProcessEntry>()).ToList();
        foreach (var head in heads)
        {
            if (head.Pid != Environment.ProcessId && !ProcessTrees.HoldsAnotherLease(head, ownLease) && members.TryAdd(head.Pid, head))
            {
                foreach (var below in ProcessTrees.Below(table, head.Pid, process => process.Pid == Environment.ProcessId || ProcessTrees.HoldsAnotherLease(process, ownLease)))
                {
                    members.TryAdd(below.Pid, below);
                }
            }
        }

        known.UnionWith(members.Values.Select(static member => (member.Pid, member.StartTicks)));
        return [.. members.Values];
    }
}
