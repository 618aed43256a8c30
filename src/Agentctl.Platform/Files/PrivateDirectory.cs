namespace Agentctl.Platform;

/// <summary>A directory that only we can enter.</summary>
public static unsafe class PrivateDirectory
{
    private const uint OwnerOnly = 0x1C0; // 0700

    /// <summary>
    /// Makes the directory (and missing parents) if need be, and sees to it that it is ours, no symbolic link, and closed to others.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">It is a symbolic link or belongs to another user; the message says what to do.</exception>
    /// <exception cref="IOException">It could not be made.</exception>
    public static void Ensure(string path)
    {
        ThisSystem.RequireLinux("Private directories");
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(path) is { } parent)
        {
            Directory.CreateDirectory(parent);
        }

        fixed (byte* bytes = FileCalls.Bytes(path))
        {
            if (FileCalls.MkDir(bytes, OwnerOnly) != 0 && Errno.Last != Errno.EEXIST)
            {
                throw Errno.Failed("make the directory", path, Errno.Last);
            }
        }

        // From here on the open descriptor is looked at, not the name: nobody can swap it meanwhile.
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW);
        if (descriptor < 0)
        {
            throw -descriptor switch
            {
                Errno.ELOOP or Errno.ENOTDIR when IsLink(path) => new UnauthorizedAccessException(
                    $"{path} is a symbolic link; it must be a directory of its own. Remove the link, or name its target instead"),
                Errno.ENOTDIR => new IOException($"{path} is not a directory; move it away"),
                var errno => Errno.Failed("open the directory", path, errno),
            };
        }

        try
        {
            RequireOurs(descriptor, path);
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    private static void RequireOurs(int descriptor, string path)
    {
        var errno = FileCalls.StatOpen(descriptor, out var status);
        if (errno != 0)
        {
            throw Errno.Failed("look at", path, errno);
        }

        var us = ProcessCalls.EffectiveUserId();
        if (status.UserId != us)
        {
            throw new UnauthorizedAccessException(
                $"{path} belongs to user {status.UserId}, not to you (user {us}); choose another place or chown it");
        }

        if ((status.Mode & 0xFFF) != OwnerOnly && FileCalls.FChMod(descriptor, OwnerOnly) != 0)
        {
            throw Errno.Failed("close to others (chmod 700)", path, Errno.Last);
        }
    }

    private static bool IsLink(string path) => FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var status) == 0 && status.IsLink;
}
