namespace Agentctl.Platform;

/// <summary>
/// Reads the files that agentctl keeps for itself. They are input like any other: a file of another user, a pipe or a device is never
/// read as a record or as configuration.
/// </summary>
public static class OwnFile
{
    /// <summary>The whole file; null when there is none.</summary>
    /// <exception cref="UnauthorizedAccessException">It belongs to another user, or may not be read.</exception>
    /// <exception cref="IOException">It is no regular file, is larger than the limit, or could not be read.</exception>
    public static byte[]? Read(string path, int limitBytes)
    {
        ThisSystem.RequireLinux("Checking the owner of a file");

        // The open file is checked, not the name: a name can be exchanged in between. O_NONBLOCK: a pipe must not be waited for.
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOCTTY);
        if (descriptor < 0)
        {
            return Errno.IsAbsent(-descriptor) ? null : throw Errno.Failed("read", path, -descriptor);
        }

        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true);
        if (FileCalls.StatOpen(descriptor, out var status) is not 0 and var errno)
        {
            throw Errno.Failed("inspect", path, errno);
        }

        if (!status.IsRegular)
        {
            throw new IOException($"{path} is not a regular file");
        }

        if (status.UserId != ProcessCalls.EffectiveUserId() && !IsLinkToRoots(path, status))
        {
            throw new UnauthorizedAccessException(
                $"{path} belongs to user {status.UserId}, not to you (user {ProcessCalls.EffectiveUserId()}); it is not read. Remove it, or take it over: chown");
        }

        if (status.Size > (ulong)limitBytes)
        {
            throw new IOException($"{path} has {status.Size} bytes, more than the {limitBytes} that are read of it");
        }

        var content = new byte[(int)status.Size];
        var length = NativeFile.ReadAt(handle, content, 0);
        return length == content.Length ? content : content[..length];
    }

    /// <summary>Makes an empty file for the owner alone, whatever the umask; one that is there stays.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void CreateEmpty(string path)
    {
        const uint OwnerOnly = 0x180; // 0600
        var descriptor = FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK, OwnerOnly);
        if (descriptor < 0)
        {
            throw Errno.Failed("create", path, -descriptor);
        }

        _ = FileCalls.Close(descriptor);
    }

    /// <summary>A link of ours to a file of root: how package managers that generate configuration install it. Root can do anything as it is.</summary>
    private static bool IsLinkToRoots(string path, in FileStatus target) =>
        target.UserId == 0 && !target.IsWritableByOthers
        && FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var link) == 0 && link.IsLink && link.UserId == ProcessCalls.EffectiveUserId();
}
