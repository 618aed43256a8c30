using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>How a child ended.</summary>
/// <param name="ExitCode">Null when a signal ended it.</param>
public sealed record ChildEnd(int Pid, int? ExitCode, int? Signal);

/// <summary>A process that is parent to all that its children leave behind. Not for programs that use System.Diagnostics.Process.</summary>
public static partial class Reaping
{
    private const int PR_SET_CHILD_SUBREAPER = 36;
    private const int NoHang = 1;

    /// <summary>prctl(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    /// <summary>Orphans among our descendants become our children, not init's.</summary>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static void BecomeSubreaper()
    {
        if (Control(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        {
            throw Errno.Failed("adopt orphans of", "this process", Errno.Last);
        }
    }

    /// <summary>Takes the next child that has ended off the process table; null when none has.</summary>
    public static ChildEnd? TakeNext()
    {
        var pid = SpawnCalls.Wait(-1, out var status, NoHang);
        return pid <= 0 ? null
            : (status & 0x7f) == 0 ? new ChildEnd(pid, (status >> 8) & 0xff, null)
            : new ChildEnd(pid, null, status & 0x7f);
    }
}
