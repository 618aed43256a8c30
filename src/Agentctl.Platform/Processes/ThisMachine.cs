using System.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>What every identity read by this process has in common; read once per process.</summary>
internal sealed record ThisMachine(string Host, string BootId, ulong PidNamespace, uint UserId)
{
    private static readonly Lazy<ThisMachine> Read = new(ReadNow, LazyThreadSafetyMode.PublicationOnly);

    /// <exception cref="CannotLookException">/proc is missing, or shows the processes of another pid namespace.</exception>
    public static ThisMachine Current => Read.Value;

    private static ThisMachine ReadNow()
    {
        ThisSystem.RequireLinux("The process table");

        // In a pid namespace whose /proc was not mounted anew, /proc/5 is a stranger: better no answer than a wrong one.
        var self = FileCalls.ReadLink("/proc/self\0"u8, out var errno)
            ?? throw new CannotLookException($"cannot read /proc/self: {Errno.Text(errno)}. Mount /proc (mount -t proc proc /proc) and try again");
        if (self != Environment.ProcessId.ToString())
        {
            throw new CannotLookException(
                $"/proc belongs to another pid namespace (this process is {Environment.ProcessId} here and {self} there). Mount a new one: mount -t proc proc /proc");
        }

        var space = ProcFile.NamespaceNumber(FileCalls.ReadLink("/proc/self/ns/pid\0"u8, out errno))
            ?? throw new CannotLookException($"cannot read /proc/self/ns/pid: {Errno.Text(errno)}");
        var boot = ProcFile.ReadAll("/proc/sys/kernel/random/boot_id\0"u8, out errno)
            ?? throw new CannotLookException($"cannot read /proc/sys/kernel/random/boot_id: {Errno.Text(errno)}");
        return new ThisMachine(Environment.MachineName, Encoding.ASCII.GetString(boot).Trim(), space, ProcessCalls.EffectiveUserId());
    }
}
