using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>Open-file-description locks, fcntl(2): owned by the open file, not the process, and gone with its last descriptor.</summary>
internal static unsafe partial class LockCalls
{
    private const int F_OFD_GETLK = 36;
    private const int F_OFD_SETLK = 37;
    private const int F_OFD_SETLKW = 38;
    private const short F_WRLCK = 1;
    private const short F_UNLCK = 2;

    /// <summary>struct flock of 64-bit systems.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;

        /// <summary>Must be 0 for these locks.</summary>
        public int Pid;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FCntl(int descriptor, int command, Flock* what);

    /// <summary>Takes the write lock on one byte; 0, or the error number (EAGAIN: another holds it).</summary>
    public static int TryLock(int descriptor, long offset)
    {
        var what = new Flock { Type = F_WRLCK, Start = offset, Length = 1 };
        return FCntl(descriptor, F_OFD_SETLK, &what) == 0 ? 0 : Errno.Last;
    }

    /// <summary>Takes the write lock on one byte, waiting for it as long as it takes; 0, or the error number.</summary>
    public static int Lock(int descriptor, long offset)
    {
        var what = new Flock { Type = F_WRLCK, Start = offset, Length = 1 };
        int result;
        do
        {
            result = FCntl(descriptor, F_OFD_SETLKW, &what) == 0 ? 0 : Errno.Last;
        }
        while (result == Errno.EINTR);
        return result;
    }

    /// <summary>Whether another open file holds a lock on that byte. Takes none; a read-only descriptor will do.</summary>
    public static int Test(int descriptor, long offset, out bool held)
    {
        var what = new Flock { Type = F_WRLCK, Start = offset, Length = 1 };
        var result = FCntl(descriptor, F_OFD_GETLK, &what);
        held = what.Type != F_UNLCK;
        return result == 0 ? 0 : Errno.Last;
    }
}
