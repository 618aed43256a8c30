namespace Agentctl.Platform;

/// <summary>Descriptors to hand to a child, and to write to without a stream's buffers.</summary>
public static unsafe class RawFile
{
    private const uint OwnerOnly = 0x180; // 0600
    private const int PipeFlags = 0x80000;
    private const int F_SETFD = 2;
    private const int F_SETFL = 4;
    private const int FD_CLOEXEC = 1;
    private const nuint FIONREAD = 0x541B;

    /// <exception cref="IOException">It cannot be opened; says why. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static int OpenToAppend(string path) => Checked(FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND | FileCalls.O_NOFOLLOW, OwnerOnly), "write", path);

    /// <exception cref="IOException">It cannot be opened; says why. Also <see cref="UnauthorizedAccessException"/>.</exception>
    public static int OpenToRead(string path) => Checked(FileCalls.Open(path, FileCalls.O_RDONLY), "read", path);

    /// <summary>A pipe whose writing end does not block.</summary>
    /// <exception cref="IOException">No descriptor is left.</exception>
    public static (int Read, int Write) Pipe()
    {
        var pair = stackalloc int[2];
        if (FileCalls.Pipe(pair, PipeFlags) != 0)
        {
            throw Errno.Failed("make", "a pipe", Errno.Last);
        }

        _ = FileCalls.FCntl(pair[1], F_SETFL, FileCalls.O_NONBLOCK | FileCalls.O_WRONLY);
        return (pair[0], pair[1]);
    }

    /// <summary>Writes what fits: the number of bytes, 0 when nothing does now, -1 when the reader is gone.</summary>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
        {
            var written = FileCalls.Write(descriptor, from, (nuint)bytes.Length);
            return written >= 0 ? (int)written : Errno.Last is Errno.EAGAIN or Errno.EINTR ? 0 : -1;
        }
    }

    /// <summary>How many bytes stand in a pipe; either end can be asked, also when the other is gone.</summary>
    public static int Unread(int descriptor)
    {
        int bytes;
        return FileCalls.IOControl(descriptor, FIONREAD, &bytes) == 0 ? bytes : 0;
    }

    /// <summary>Appends the whole and makes it durable; false when that did not work.</summary>
    public static bool TryAppendDurably(int descriptor, ReadOnlySpan<byte> bytes) =>
        Write(descriptor, bytes) == bytes.Length && FileCalls.FDataSync(descriptor) == 0;

    /// <summary>Creates a file that takes so much room on the disk; false when there is none, or the file system cannot.</summary>
    public static bool TryReserve(string path, long bytes)
    {
        var descriptor = FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW, OwnerOnly);
        if (descriptor < 0)
        {
            return false;
        }

        var reserved = FileCalls.FAllocate(descriptor, 0, 0, bytes) == 0;
        _ = FileCalls.Close(descriptor);
        return reserved;
    }

    /// <summary>
    /// A copy of a descriptor whose number is not below <paramref name="lowest"/>, so that a child may be given descriptors with low
    /// numbers in any order; close it. Works within any limit of open files that leaves room for it.
    /// </summary>
    /// <exception cref="IOException">No descriptor is left.</exception>
    internal static int CopyFrom(int descriptor, int lowest)
    {
        const int F_DUPFD_CLOEXEC = 1030;
        var copy = FileCalls.FCntl(descriptor, F_DUPFD_CLOEXEC, lowest);
        return copy >= 0 ? copy : throw Errno.Failed("pass on", $"descriptor {descriptor}", Errno.Last);
    }

    /// <summary>The whole of a file of the kernel's, whose size is not told beforehand.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadAll(string path) => ProcFile.ReadAll(FileCalls.Bytes(path), out var errno) ?? throw Errno.Failed("read", path, errno);

    /// <summary>No program that this process becomes or starts gets the descriptor by accident.</summary>
    public static void CloseOnExec(int descriptor) => _ = FileCalls.FCntl(descriptor, F_SETFD, FD_CLOEXEC);

    public static void Close(int descriptor) => _ = FileCalls.Close(descriptor);

    private static int Checked(int descriptor, string action, string path) => descriptor >= 0 ? descriptor : throw Errno.Failed(action, path, -descriptor);
}
