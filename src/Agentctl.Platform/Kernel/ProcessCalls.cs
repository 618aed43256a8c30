using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>Process calls of libc.</summary>
internal static unsafe partial class ProcessCalls
{
    private const long SYS_pidfd_open = 434;
    private const int SC_CLK_TCK = 2;

    /// <summary>syscall(2): -1 and errno on failure</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long first, long second);

    /// <summary>geteuid(2): never fails</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    /// <summary>sysconf(3): -1 when unknown</summary>
    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SysConf(int name);

    /// <summary>getrandom(2): number of bytes, or -1 and errno</summary>
    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    public static partial nint GetRandom(byte* buffer, nuint length, uint flags);

    /// <summary>Clock ticks per second, the unit of start times in /proc.</summary>
    public static long TicksPerSecond { get; } = SysConf(SC_CLK_TCK) is > 0 and var ticks ? ticks : 100;

    /// <summary>pidfd_open(2), Linux 5.3; close-on-exec by nature. The descriptor, or the negative error number.</summary>
    public static int PidFdOpen(int pid)
    {
        var descriptor = Syscall(SYS_pidfd_open, pid, 0);
        return descriptor >= 0 ? (int)descriptor : -Errno.Last;
    }
}
