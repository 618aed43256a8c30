namespace Agentctl.Platform;

/// <summary>
/// Whether a directory may be believed: its configuration decides what runs and where tokens go, its records decide what is signalled.
/// It must belong to the caller, must not be reachable through another user's symbolic link, and nobody else may have written to it.
/// </summary>
public static class HomeTrust
{
    private const int MaxLinks = 40;

    /// <summary>Why the directory must not be used; null when it may be, or does not exist yet. Changes nothing.</summary>
    public static string? WhyRefused(string home)
    {
        ThisSystem.RequireLinux("Checking the owner of a directory");
        home = Path.TrimEndingDirectorySeparator(Path.GetFullPath(home));
        var us = ProcessCalls.EffectiveUserId();
        if (ForeignLinkIn(home, us) is { } link)
        {
            return $"{home} is reached through {link.Path}, a symbolic link of user {link.UserId}, not of yours (user {us}). Name the directory itself in AGENTCTL_HOME";
        }

        var errno = FileCalls.Stat(home, FileCalls.AT_SYMLINK_NOFOLLOW, out var status);
        if (errno != 0)
        {
            return Errno.IsAbsent(errno) && errno != Errno.ENOTDIR ? null : $"{home} cannot be inspected: {Errno.Text(errno)}";
        }

        if (status.IsLink)
        {
            return $"{home} is a symbolic link; it must be a directory of its own. Remove the link, or name its target in AGENTCTL_HOME";
        }

        if (!status.IsDirectory)
        {
            return $"{home} is not a directory; move it away, or name another directory in AGENTCTL_HOME";
        }

        if (status.UserId != us)
        {
            return $"{home} belongs to user {status.UserId}, not to you (user {us}); nothing in it is read. Name a directory of your own in AGENTCTL_HOME";
        }

        // An empty one holds nothing that others could have put there; it is closed when the first file is written.
        return status.IsWritableByOthers && IsNotEmpty(home)
            ? $"{home} can be written by other users (mode {Convert.ToString(status.Mode & 0xFFF, 8)}), so nothing in it is trusted. Check what is in it, then close it: chmod 700 {home}"
            : null;
    }

    private static bool IsNotEmpty(string directory)
    {
        try
        {
            return OwnDirectory.Names(directory).Count > 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // What cannot be listed may hold anything.
            return true;
        }
    }

    /// <summary>The first symbolic link above the directory that belongs to neither the caller nor root.</summary>
    private static (string Path, uint UserId)? ForeignLinkIn(string home, uint us)
    {
        var links = 0;
        var rest = new Stack<string>(Parts(Path.GetDirectoryName(home) ?? "/"));
        var at = "/";
        while (rest.TryPop(out var part))
        {
            if (part is "." or "..")
            {
                at = part == "." ? at : Path.GetDirectoryName(at) ?? "/";
                continue;
            }

            var next = Path.Combine(at, part);
            if (FileCalls.Stat(next, FileCalls.AT_SYMLINK_NOFOLLOW, out var status) != 0 || !status.IsLink)
            {
                at = next;
                continue;
            }

            if ((status.UserId != us && status.UserId != 0) || ++links > MaxLinks)
            {
                return (next, status.UserId);
            }

            var target = FileCalls.ReadLink(FileCalls.Bytes(next), out _) ?? "";
            at = target.StartsWith('/') ? "/" : at;
            foreach (var inner in Parts(target))
            {
                rest.Push(inner);
            }
        }

        return null;
    }

    /// <summary>Last part first, as a stack takes them.</summary>
    private static IEnumerable<string> Parts(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse();
}
