using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// The directories above a tree's root. They are watched for being moved or removed themselves, which a root does not notice;
/// the nearest existing one also for the appearance of the next on the way to a missing root.
/// </summary>
internal sealed class TreeAncestors(string root)
{
    private const uint Itself = EventCalls.IN_DELETE_SELF | EventCalls.IN_MOVE_SELF | EventCalls.IN_ONLYDIR;
    private const uint Appearing = EventCalls.IN_CREATE | EventCalls.IN_MOVED_TO;

    private readonly HashSet<int> _watches = [];
    private byte[]? _awaited;

    /// <summary>The root, or the nearest directory above it that exists.</summary>
    public string Nearest { get; private set; } = "/";

    /// <summary>Watches them all; null, or why the root's appearance could not be noticed.</summary>
    /// <param name="rootIsThere">Whether the root exists. If not, its appearance from now on will be told.</param>
    public string? Watch(SharedInotify.Listener inotify, out bool rootIsThere)
    {
        _watches.Clear();
        _awaited = null;
        var above = "/";
        foreach (var path in Downwards(root))
        {
            if (path == "/")
            {
                _ = Add(inotify, path, 0);
                continue;
            }

            if (!IsThere(path))
            {
                // Watch first, look again then: it may have appeared in between.
                var watch = Add(inotify, above, Appearing);
                if (watch < 0 || IsDanglingLink(path))
                {
                    rootIsThere = false;
                    return watch < 0 ? $"{above}: {Errno.Text(-watch)}" : $"{path} is a link to nothing";
                }

                if (!IsThere(path))
                {
                    _awaited = Encoding.UTF8.GetBytes(Path.GetFileName(path));
                    Nearest = above;
                    rootIsThere = false;
                    return null;
                }
            }

            if (path != root)
            {
                _ = Add(inotify, path, 0);
            }

            above = path;
        }

        Nearest = root;
        rootIsThere = true;
        return null;
    }

    /// <summary>Whether an event is about the way to the root.</summary>
    public bool IsConcerned(in InotifyEvent what) =>
        _watches.Contains(what.Watch)
        && (what.IsEnd || (_awaited is not null && what.IsAppearance && what.Name.SequenceEqual(_awaited)));

    private int Add(SharedInotify.Listener inotify, string path, uint alsoFor)
    {
        var watch = inotify.AddWatch(path, Itself | alsoFor);
        if (watch >= 0)
        {
            _watches.Add(watch);
        }

        return watch;
    }

    private static bool IsThere(string path) => FileCalls.Stat(path, 0, out var status) == 0 && status.IsDirectory;

    private static bool IsDanglingLink(string path) =>
        FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var status) == 0 && status.IsLink && !IsThere(path);

    private static IEnumerable<string> Downwards(string path)
    {
        for (var at = 0; at >= 0; at = path.IndexOf('/', at + 1))
        {
            yield return at == 0 ? "/" : path[..at];
        }

        if (path != "/")
        {
            yield return path;
        }
    }
}
