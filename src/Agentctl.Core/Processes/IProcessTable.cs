namespace Agentctl.Core;

/// <summary>
/// One picture of the processes of this machine, taken once per request and shared by all adapters.
/// Zombies and dead tasks are not in it: for our purposes they are gone.
/// </summary>
public interface IProcessTable
{
    /// <summary>The machine's host name, as in every <see cref="ProcessIdentity"/> of this table.</summary>
    string Host { get; }

    /// <summary>The kernel's boot id.</summary>
    string BootId { get; }

    /// <summary>Inode of the pid namespace this table was read in.</summary>
    ulong PidNamespace { get; }

    /// <summary>User id of the caller; processes of other users cannot be looked into.</summary>
    uint UserId { get; }

    /// <summary>The living process with this pid, or null. Reads only that process unless the whole table was taken before.</summary>
    ProcessEntry? Find(int pid);

    /// <summary>Every living process; the snapshot is taken on first use.</summary>
    IReadOnlyList<ProcessEntry> All { get; }

    /// <summary>Every lock the kernel holds on files (proc_locks(5)), read once, on first use.</summary>
    IReadOnlyList<HeldLock> HeldLocks { get; }
}

/// <summary>A lock the kernel reports as held.</summary>
/// <param name="Kind"><c>FLOCK</c>, <c>POSIX</c> or <c>OFDLCK</c>.</param>
/// <param name="Pid">The holder; -1 for open-file-description locks, 0 for a holder in a namespace we cannot see.</param>
/// <param name="Inode">Inode of the locked file.</param>
public readonly record struct HeldLock(string Kind, int Pid, ulong Inode);

/// <summary>What the table says of the process that a pid and a start time name.</summary>
public static class ProcessTableExtensions
{
    /// <summary>The living process with exactly this pid and start time, or null when it is gone or the pid was given to another.</summary>
    public static ProcessEntry? Find(this IProcessTable table, int pid, ulong startTicks) =>
        table.Find(pid) is { } entry && entry.StartTicks == startTicks ? entry : null;
}
