using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// Directories that agentctl keeps for itself, reached by descriptor: a symbolic link or a directory of another user in their place is
/// neither read nor emptied.
/// </summary>
public static unsafe class OwnDirectory
{
    /// <summary>One descriptor is open for each level while a tree is deleted.</summary>
    private const int MaxDepth = 48;

    /// <summary>Every name in the directory; none when the directory does not exist.</summary>
    /// <exception cref="IOException">It is a symbolic link or no directory, or could not be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user, or may not be read.</exception>
    public static IReadOnlyList<string> Names(string path)
    {
        var descriptor = TryOpen(path, out _);
        if (descriptor < 0)
        {
            return [];
        }

        try
        {
            return [.. Entries(descriptor, path).Select(static entry => entry.Name)];
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    /// <summary>Whether the directory exists and is ours.</summary>
    /// <exception cref="IOException">It is a symbolic link or no directory.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user, or may not be opened.</exception>
    public static bool Exists(string path)
    {
        var descriptor = TryOpen(path, out _);
        if (descriptor >= 0)
        {
            _ = FileCalls.Close(descriptor);
        }

        return descriptor >= 0;
    }

    /// <summary>Deletes one directory below another, with everything in it. Symbolic links are removed, never followed; mounts are not entered.</summary>
    /// <param name="name">A single file name: this is what is deleted, whatever a record inside it says.</param>
    /// <exception cref="IOException">Something in it could not be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user, or may not be removed.</exception>
    public static void Delete(string parent, string name)
    {
        if (name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' is not the name of a directory", nameof(name));
        }

        var path = Path.Combine(parent, name);
        var above = TryOpen(parent, out _);
        if (above < 0)
        {
            return;
        }

        try
        {
            var descriptor = TryOpen(path, out var status);
            if (descriptor >= 0)
            {
                try
                {
                    Empty(descriptor, path, status, depth: 0);
                }
                finally
                {
                    _ = FileCalls.Close(descriptor);
                }

                Unlink(above, FileCalls.Bytes(name), FileCalls.AT_REMOVEDIR, path);
            }
        }
        finally
        {
            _ = FileCalls.Close(above);
        }
    }

    /// <summary>The bytes of all regular files below the directory; 0 when it does not exist. What vanishes meanwhile does not count.</summary>
    public static long SizeBytes(string path)
    {
        var total = 0L;
        try
        {
            foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = MaxDepth }))
            {
                total += file.Exists ? file.Length : 0;
            }
        }
        catch (Exception vanished) when (vanished is IOException or UnauthorizedAccessException)
        {
            // The size is only shown; what has been counted so far is the best answer.
            return total;
        }

        return total;
    }

    private static int TryOpen(string path, out FileStatus status)
    {
        ThisSystem.RequireLinux("Directories by descriptor");
        status = default;
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW);
        if (descriptor == -Errno.ENOENT)
        {
            return -1;
        }

        if (descriptor < 0)
        {
            throw -descriptor is Errno.ELOOP or Errno.ENOTDIR
                ? new IOException($"{path} is not a directory, or is a symbolic link; move it away")
                : Errno.Failed("open the directory", path, -descriptor);
        }

        var errno = FileCalls.StatOpen(descriptor, out status);
        if (errno == 0 && status.UserId == ProcessCalls.EffectiveUserId())
        {
            return descriptor;
        }

        _ = FileCalls.Close(descriptor);
        throw errno != 0
            ? Errno.Failed("inspect", path, errno)
            : new UnauthorizedAccessException($"{path} belongs to user {status.UserId}, not to you (user {ProcessCalls.EffectiveUserId()})");
    }

    private static void Empty(int descriptor, string path, in FileStatus own, int depth)
    {
        if (depth == MaxDepth)
        {
            throw new IOException($"{path} lies more than {MaxDepth} directories deep; remove it by hand");
        }

        foreach (var (bytes, name, type) in Entries(descriptor, path))
        {
            var child = Path.Combine(path, name);
            if (type is not (DirectoryReader.Directory or DirectoryReader.UnknownType))
            {
                Unlink(descriptor, bytes, 0, child);
                continue;
            }

            int below;
            fixed (byte* at = bytes)
            {
                below = FileCalls.OpenAt(descriptor, at, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC, 0);
            }

            if (below < 0)
            {
                // Of an unknown type, and no directory; or a directory without rights, which goes if it is empty.
                Unlink(descriptor, bytes, type == DirectoryReader.Directory ? FileCalls.AT_REMOVEDIR : 0, child);
                continue;
            }

            try
            {
                if (FileCalls.StatOpen(below, out var status) != 0 || (status.DeviceMajor, status.DeviceMinor) != (own.DeviceMajor, own.DeviceMinor))
                {
                    throw new IOException($"{child} is a mount point; unmount it first");
                }

                Empty(below, child, own, depth + 1);
            }
            finally
            {
                _ = FileCalls.Close(below);
            }

            Unlink(descriptor, bytes, FileCalls.AT_REMOVEDIR, child);
        }
    }

    private static void Unlink(int directory, byte[] name, int flags, string path)
    {
        fixed (byte* at = name)
        {
            if (FileCalls.UnlinkAt(directory, at, flags) != 0 && Errno.Last != Errno.ENOENT)
            {
                throw Errno.Failed("remove", path, Errno.Last);
            }
        }
    }

    private static List<(byte[] Bytes, string Name, byte Type)> Entries(int descriptor, string path)
    {
        var found = new List<(byte[] Bytes, string Name, byte Type)>();
        var reader = new DirectoryReader(descriptor, new byte[DirectoryReader.BufferBytes]);
        while (reader.Next())
        {
            found.Add((reader.NameWithZero.ToArray(), Encoding.UTF8.GetString(reader.Name), reader.Type));
        }

        return reader.Errno == 0 ? found : throw Errno.Failed("read the directory", path, reader.Errno);
    }
}
