using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>Gives the front of a growing file back to the disk, fallocate(2): offsets stay true, and what is gone reads as zeros.</summary>
public static class HolePunch
{
    // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
    private const int KeepSizeAndPunch = 1 | 2;

    /// <summary>False where the file system cannot.</summary>
    public static bool TryFree(int descriptor, long from, long to) => FileCalls.FAllocate(descriptor, KeepSizeAndPunch, from, to - from) == 0;

    /// <summary>Where what is not given back begins, from an offset on; the offset itself where that cannot be told. lseek(2)</summary>
    /// <param name="file">Its position is changed.</param>
    public static long DataFrom(SafeFileHandle file, long offset)
    {
        const int SeekData = 3;
        var found = FileCalls.Seek((int)file.DangerousGetHandle(), offset, SeekData);
        return found < offset ? offset : found;
    }

    /// <summary>False where the file system cannot.</summary>
    public static bool TryFree(SafeFileHandle file, long from, long to) => TryFree((int)file.DangerousGetHandle(), from, to);

    /// <summary>Gives all but the last bytes of a file back; offsets stay true. Does nothing where the file system cannot, or there is no such file.</summary>
    public static void KeepLast(string path, long bytes)
    {
        const long BlockBytes = 4096;
        var descriptor = FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK);
        if (descriptor < 0)
        {
            return;
        }

        var free = (SizeOf(descriptor) - bytes) / BlockBytes * BlockBytes;
        _ = free <= 0 || TryFree(descriptor, 0, free);
        _ = FileCalls.Close(descriptor);
    }

    /// <summary>The file's size; 0 when it cannot be told.</summary>
    public static long SizeOf(int descriptor) => FileCalls.StatOpen(descriptor, out var status) == 0 ? (long)status.Size : 0;
}
