namespace Agentctl.Platform;

/// <summary>Writes that survive a power cut: either the old content is there afterwards or the new one, whole.</summary>
public static unsafe class DurableFile
{
    private const string TemporarySuffix = ".tmp";
    private const int GuidLength = 32;
    private const int TemporaryLength = 1 + GuidLength + 4;

    /// <summary>Replaces a file: temporary file beside it, fsync, rename, fsync of the directory.</summary>
    /// <exception cref="IOException">It could not be written for good (disk full, failed sync); the old file is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode mode) => _ = TryPlace(path, content, mode, replaces: true);

    /// <summary>
    /// Creates a file that is not there yet, whole and durable, without a lock: of several callers exactly one creates it. A file system
    /// that cannot rename without replacing (some network file systems) may let two callers succeed.
    /// </summary>
    /// <returns>False when it is there already; it is untouched.</returns>
    /// <exception cref="IOException">It could not be written for good.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content, UnixFileMode mode) => !File.Exists(path) && TryPlace(path, content, mode, replaces: false);

    /// <summary>Whether a name is that of a file that was being written: what a writer that was killed leaves.</summary>
    public static bool IsTemporary(string name) =>
        name.Length == TemporaryLength && name[0] == '.' && name.EndsWith(TemporarySuffix, StringComparison.Ordinal) && Guid.TryParseExact(name.AsSpan(1, GuidLength), "n", out _);

    private static bool TryPlace(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool replaces)
    {
        ThisSystem.RequireLinux("Durable writes");
        var target = Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(target) ?? throw new ArgumentException($"{path} is a directory", nameof(path));
        var temporary = Path.Combine(directory, $".{Guid.NewGuid():n}{TemporarySuffix}");
        var created = FileCalls.Open(temporary, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_NOFOLLOW, (uint)mode);
        if (created < 0)
        {
            throw Errno.Failed("write", path, -created);
        }

        var renamed = false;
        try
        {
            try
            {
                Write(created, content, path);
                Require(FileCalls.FChMod(created, (uint)mode), "set the mode of", path);
                Require(FileCalls.FSync(created), "sync", path);
            }
            finally
            {
                // After a successful fsync close has nothing left to report.
                _ = FileCalls.Close(created);
            }

            fixed (byte* from = FileCalls.Bytes(temporary), to = FileCalls.Bytes(target))
            {
                var errno = replaces ? Errno.EINVAL : FileCalls.RenameNew(from, to);
                if (errno == Errno.EEXIST)
                {
                    return false;
                }

                if (errno is Errno.EINVAL or Errno.ENOSYS)
                {
                    errno = FileCalls.Rename(from, to) == 0 ? 0 : Errno.Last;
                }

                if (errno != 0)
                {
                    throw Errno.Failed(replaces ? "replace" : "create", path, errno);
                }
            }

            renamed = true;
            SyncDirectory(directory);
            return true;
        }
        finally
        {
            if (!renamed)
            {
                fixed (byte* left = FileCalls.Bytes(temporary))
                {
                    _ = FileCalls.Unlink(left);
                }
            }
        }
    }

    /// <summary>Makes the names in a directory durable.</summary>
    /// <exception cref="IOException">They may be lost in a power cut.</exception>
    public static void SyncDirectory(string directory)
    {
        var descriptor = FileCalls.Open(directory, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY);
        if (descriptor < 0)
        {
            throw Errno.Failed("sync", directory, -descriptor);
        }

        try
        {
            Require(FileCalls.FSync(descriptor), "sync", directory);
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    private static void Write(int descriptor, ReadOnlySpan<byte> content, string path)
    {
        fixed (byte* from = content)
        {
            nint written = 0;
            while (written < content.Length)
            {
                var wrote = FileCalls.Write(descriptor, from + written, (nuint)(content.Length - written));
                if (wrote > 0)
                {
                    written += wrote;
                }
                else if (Errno.Last != Errno.EINTR)
                {
                    throw Errno.Failed("write", path, Errno.Last);
                }
            }
        }
    }

    private static void Require(int result, string action, string path)
    {
        if (result != 0)
        {
            throw Errno.Failed(action, path, Errno.Last);
        }
    }
}
