using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>A regular file as it was when looked at.</summary>
public readonly record struct FileEntry(string Path, ulong Inode, long SizeBytes, DateTimeOffset ModifiedAt);

/// <summary>
/// Reads of other tools' files: no lock is taken, no pipe or device is waited for (only regular files are read), nothing is left open.
/// Symbolic links are followed.
/// </summary>
public static class NativeFile
{
    /// <summary>The regular file at this path; null when there is none.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    /// <exception cref="IOException">It could not be looked at.</exception>
    public static FileEntry? Stat(string path)
    {
        ThisSystem.RequireLinux("Looking at files by inode");
        if (!IsPath(path))
        {
            return null;
        }

        var errno = FileCalls.Stat(path, 0, out var status);
        return errno == 0 ? (status.IsRegular ? StateOf(status).At(path) : null)
            : Errno.IsAbsent(errno) ? null
            : throw Errno.Failed("look at", path, errno);
    }

    /// <summary>The whole of a small file; null when there is none (any more).</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It is larger than the limit, or no regular file, or could not be read.</exception>
    public static byte[]? ReadSmall(string path, int limitBytes)
    {
        using var handle = OpenRead(path, out var status);
        if (handle is null)
        {
            return null;
        }

        if (status.Size > (ulong)limitBytes)
        {
            throw new IOException($"{path} is larger than the {limitBytes} bytes that are read of it");
        }

        // The file may grow while it is read; what came later is left for the next look.
        var content = new byte[(int)status.Size];
        var length = ReadAt(handle, content, 0);
        return length == content.Length ? content : content[..length];
    }

    /// <summary>Opens a regular file to be read by offset; null when there is none at this path. A pipe or device is not waited for.</summary>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It could not be opened.</exception>
    public static SafeFileHandle? OpenRegular(string path) => Stat(path) is null ? null : OpenRead(path, out _);

    internal static FileState StateOf(in FileStatus status) => new(status.Inode, (long)status.Size, status.ModifiedAt);

    /// <summary>Opens a regular file for reading; null when there is none.</summary>
    internal static SafeFileHandle? OpenRead(string path, out FileStatus status)
    {
        ThisSystem.RequireLinux("Reading files without locks");
        if (!IsPath(path))
        {
            status = default;
            return null;
        }

        // O_NONBLOCK: opening a named pipe must not wait for a writer.
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY);
        if (descriptor < 0)
        {
            status = default;
            return Errno.IsAbsent(-descriptor) ? null : throw Errno.Failed("read", path, -descriptor);
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var errno = FileCalls.StatOpen(descriptor, out status);
        if (errno == 0 && status.IsRegular)
        {
            return handle;
        }

        handle.Dispose();
        throw errno != 0 ? Errno.Failed("look at", path, errno) : new IOException($"{path} is not a regular file");
    }

    /// <summary>A path may come out of a record of another program: there is no file of an empty name, or of one with a NUL in it.</summary>
    private static bool IsPath(string path) => path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal);

    /// <summary>Fills the buffer from an offset; fewer bytes only at the end of the file.</summary>
    internal static int ReadAt(SafeFileHandle handle, Span<byte> to, long offset)
    {
        var length = 0;
        while (length < to.Length && RandomAccess.Read(handle, to[length..], offset + length) is > 0 and var read)
        {
            length += read;
        }

        return length;
    }
}
