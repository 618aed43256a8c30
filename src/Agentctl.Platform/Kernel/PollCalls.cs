using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>poll(2) and signalfd(2); -1 and errno on failure.</summary>
internal static unsafe partial class PollCalls
{
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLERR = 8;
    public const short POLLHUP = 16;

    private const int SFD_NONBLOCK_CLOEXEC = 0x80800;
    private const int SIG_BLOCK = 0;
    private const int SIG_SETMASK = 2;

    /// <summary>glibc's sigset_t.</summary>
    private const int SignalSetBytes = 128;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    /// <summary>poll(2): how many are ready; 0 = the time is over.</summary>
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    /// <summary>usleep(3)</summary>
    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial int Rest(uint microseconds);

    [LibraryImport("libc", EntryPoint = "signalfd", SetLastError = true)]
    private static partial int SignalFd(int descriptor, byte* signals, int flags);

    /// <summary>pthread_sigmask(3): 0 or an error number.</summary>
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SignalMask(int how, byte* signals, byte* before);

    /// <summary>signal(2), for SIG_DFL alone; (void*)-1 on failure.</summary>
    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint Signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "sigismember")]
    private static partial int IsMember(byte* signals, int number);

    /// <summary>A descriptor from which these signals are read, and they are blocked for this thread and those it starts; or the negative error number.</summary>
    public static int OpenSignals(IReadOnlyList<int> numbers)
    {
        var signals = stackalloc byte[SignalSetBytes];
        Fill(signals, numbers);
        _ = SignalMask(SIG_BLOCK, signals, null);
        return SignalFd(-1, signals, SFD_NONBLOCK_CLOEXEC) is >= 0 and var descriptor ? descriptor : -Errno.Last;
    }

    /// <summary>Whether this thread has a signal blocked.</summary>
    public static bool IsBlocked(int number)
    {
        var signals = stackalloc byte[SignalSetBytes];
        return SignalMask(SIG_BLOCK, null, signals) == 0 && IsMember(signals, number) == 1;
    }

    public static void Block(IReadOnlyList<int> numbers)
    {
        var signals = stackalloc byte[SignalSetBytes];
        Fill(signals, numbers);
        _ = SignalMask(SIG_BLOCK, signals, null);
    }

    /// <summary>
    /// As a program expects to be started: nothing blocked, nothing ignored. Handlers go by themselves with execve; the runtime's own,
    /// among the real-time signals, must work until then.
    /// </summary>
    public static void ResetSignals()
    {
        const int LastSignal = 31;
        for (var number = 1; number <= LastSignal; number++)
        {
            if (number is not (SignalNumbers.Kill or SignalNumbers.Stop))
            {
                _ = Signal(number, 0);
            }
        }

        var none = stackalloc byte[SignalSetBytes];
        _ = SpawnCalls.EmptySignals(none);
        _ = SignalMask(SIG_SETMASK, none, null);
    }

    private static void Fill(byte* signals, IReadOnlyList<int> numbers)
    {
        _ = SpawnCalls.EmptySignals(signals);
        foreach (var number in numbers)
        {
            _ = SpawnCalls.AddSignal(signals, number);
        }
    }
}
