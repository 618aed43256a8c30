namespace Agentctl.Core;

/// <summary>
/// What makes a process that process and no other (law L4): a bare pid is reused, this is not.
/// </summary>
/// <param name="Host">The machine's host name.</param>
/// <param name="BootId">The kernel's boot id; identities of an earlier boot are gone by definition.</param>
/// <param name="PidNamespace">Inode of the pid namespace the pid was read in.</param>
/// <param name="Pid">The process id inside that namespace.</param>
/// <param name="StartTicks">Start time in clock ticks since boot (proc_pid_stat(5), field 22).</param>
public readonly record struct ProcessIdentity(string Host, string BootId, ulong PidNamespace, int Pid, ulong StartTicks)
{
    /// <summary>Short form for evidence and messages: <c>pid 4711 (start 159413)</c>.</summary>
    public override string ToString() => $"pid {Pid} (start {StartTicks})";
}
