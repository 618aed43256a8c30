using System.Runtime.InteropServices;
using Agentctl.Core;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>Kills exactly the process that is meant (law L4).</summary>
public static partial class ProcessKill
{
    private const nint PidfdSendSignal = 424;
    private const nint Sigkill = 9;

    /// <summary>
    /// Sends SIGKILL through a pidfd that was opened before the identity was checked, so the pid cannot have been given to another.
    /// True also when the process is gone already.
    /// </summary>
    public static bool TryKill(ProcessIdentity identity, out string? problem)
    {
        problem = null;
        var opened = ProcessCalls.PidFdOpen(identity.Pid);
        if (opened < 0)
        {
            return IsGone(-opened, out problem);
        }

        using var handle = new SafeFileHandle(opened, ownsHandle: true);
        if (ProcessTable.Take().Find(identity.Pid, identity.StartTicks) is null)
        {
            return true;
        }

        return SendCall(PidfdSendSignal, opened, Sigkill, 0, 0) == 0 || IsGone(Errno.Last, out problem);
    }

    private static bool IsGone(int error, out string? problem)
    {
        problem = error == Errno.ESRCH ? null : Errno.Text(error);
        return problem is null;
    }

    /// <summary>pidfd_send_signal(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SendCall(nint number, nint pidfd, nint signal, nint info, nint flags);
}
