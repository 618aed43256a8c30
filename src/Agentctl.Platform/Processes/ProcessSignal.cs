using System.Runtime.InteropServices;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>Signals exactly the process that is meant (law L4): through a pidfd that was opened before the identity was checked, so the pid cannot have been given to another.</summary>
public static partial class ProcessSignal
{
    private const nint PidfdSendSignal = 424;

    /// <summary>Sends a signal. True also when the process is gone already.</summary>
    /// <param name="problem">Why it could not be sent.</param>
    public static bool TrySend(int pid, ulong startTicks, int signal, out string? problem)
    {
        problem = null;
        var descriptor = ProcessCalls.PidFdOpen(pid);
        if (descriptor < 0)
        {
            return IsGone(-descriptor, out problem);
        }

        try
        {
            return ProcStat.StartTicksOf(pid) != startTicks
                || Send(PidfdSendSignal, descriptor, signal, 0, 0) == 0
                || IsGone(Errno.Last, out problem);
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    /// <summary>kill -9.</summary>
    public static bool TryKill(ProcessIdentity identity, out string? problem) => TrySend(identity.Pid, identity.StartTicks, SignalNumbers.Kill, out problem);

    /// <summary>Stops this process, as Ctrl-Z does, until somebody continues it.</summary>
    public static void StopSelf()
    {
        if (ProcStat.StartTicksOf(Environment.ProcessId) is { } startTicks)
        {
            TrySend(Environment.ProcessId, startTicks, SignalNumbers.Stop, out _);
        }
    }

    private static bool IsGone(int error, out string? problem)
    {
        // EINVAL, and ENOENT since Linux 6.9: the number belongs to a thread that is no process.
        problem = error is Errno.ESRCH or Errno.EINVAL or Errno.ENOENT ? null : Errno.Text(error);
        return problem is null;
    }

    /// <summary>pidfd_send_signal(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Send(nint number, nint pidfd, nint signal, nint info, nint flags);
}
