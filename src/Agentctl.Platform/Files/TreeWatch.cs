using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// A tree kept current by one inotify instance, inotify(7). Each directory is watched before it is read, so nothing that happens in
/// a new directory is missed; lost events (overflow) and a root that comes, goes or moves lead to a new start.
/// Everything here runs with the tree's gate held.
/// </summary>
internal sealed unsafe class TreeWatch : IDisposable
{
    private const uint InTree = EventCalls.IN_MODIFY | EventCalls.IN_ATTRIB | EventCalls.IN_CREATE | EventCalls.IN_DELETE
        | EventCalls.IN_MOVED_FROM | EventCalls.IN_MOVED_TO | EventCalls.IN_EXCL_UNLINK | EventCalls.IN_ONLYDIR;
    private const uint Itself = EventCalls.IN_DELETE_SELF | EventCalls.IN_MOVE_SELF;
    private const uint Over = Itself | EventCalls.IN_IGNORED | EventCalls.IN_UNMOUNT;

    /// <summary>Where the kernel cannot tell, nothing looks more often than this.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    private static readonly Lazy<EventLoop> SharedLoop = new(static () => EventLoop.Start("file watch"));

    private readonly TreeShape _shape;
    private readonly Lock _gate;
    private readonly Action _notify;
    private readonly Dictionary<int, TreeDirectory> _watched = [];
    private readonly HashSet<TreeDirectory> _toLookAt = [];
    private readonly TreeAncestors _ancestors;
    private TreeDirectory? _root;
    private FileTreeScan? _scan;
    private int _inotify = -1;
    private long _registration;
    private ITimer? _poll;
    private bool _disposed;

    private TreeWatch(TreeShape shape, Lock gate, Action notify)
    {
        _shape = shape;
        _gate = gate;
        _notify = notify;
        _ancestors = new TreeAncestors(shape.Root);
    }

    /// <summary>Why the kernel's word cannot be relied on here.</summary>
    public string? Problem { get; private set; }

    public static TreeWatch Start(TreeShape shape, Lock gate, Action notify)
    {
        var watch = new TreeWatch(shape, gate, notify);
        watch.StartAnew();
        return watch;
    }

    public FileTreeScan Scan(CancellationToken ct)
    {
        Drain();
        if (Problem is not null || _disposed)
        {
            return TreeReader.ReadAll(_shape, withStatus: true, ct).Collect();
        }

        foreach (var directory in _toLookAt.ToArray())
        {
            ct.ThrowIfCancellationRequested();
            LookAtFiles(directory);
        }

        return _scan ??= new TreeRead(_root).Collect();
    }

    public List<string> Names()
    {
        Drain();
        return Problem is null ? new TreeRead(_root).Names() : TreeReader.ReadAll(_shape, withStatus: false, CancellationToken.None).Names();
    }

    private void LookAtFiles(TreeDirectory directory)
    {
        // Nobody tells when a link's target changes: such files are looked at every time.
        var hasLinks = false;
        foreach (var (name, file) in directory.Files)
        {
            if (file.Entry is not null && !file.IsLink)
            {
                continue;
            }

            if (TreeReader.Look(file) is not { } seen)
            {
                // Removing, and setting what is there, are allowed while enumerating.
                directory.Files.Remove(name);
                _scan = null;
            }
            else
            {
                hasLinks |= seen.IsLink;
                if (seen != file)
                {
                    directory.Files[name] = seen;
                    _scan = null;
                }
            }
        }

        if (!hasLinks)
        {
            _toLookAt.Remove(directory);
        }
    }

    private void StartAnew()
    {
        Close();
        Problem = null;
        _inotify = EventCalls.CreateInotify();
        if (_inotify < 0)
        {
            Distrust($"no inotify instance left ({Errno.Text(-_inotify)}); raise fs.inotify.max_user_instances");
            return;
        }

        do
        {
            if (_ancestors.Watch(_inotify, out var rootIsThere) is { } blind)
            {
                Distrust(blind);
                return;
            }

            _root = rootIsThere ? new TreeDirectory(_shape.Root, "", null) : null;
        }
        while (_root is not null && !Enter(_root) && Problem is null);
        if (Problem is not null)
        {
            return;
        }

        if (NetworkFileSystem.NameOf(_ancestors.Nearest) is { } kind)
        {
            Problem = $"{_shape.Root} is on {kind}: what other machines change is not told, so all of it is read every time";
            StartPolling();
        }

        _registration = SharedLoop.Value.Add(_inotify, OnReadable);
    }

    /// <summary>Watches and reads a directory and all below it; false when it is gone, or nothing can be watched any more.</summary>
    private bool Enter(TreeDirectory top)
    {
        LeaveBelow(top);
        var open = new Stack<TreeDirectory>();
        open.Push(top);
        while (open.TryPop(out var directory))
        {
            var isRoot = directory.Parent is null;
            var watch = EventCalls.AddWatch(_inotify, directory.Path, isRoot ? InTree | Itself : InTree | EventCalls.IN_DONT_FOLLOW);
            if (watch < 0 && !Errno.IsAbsent(-watch) && (isRoot || !Errno.IsForbidden(-watch)))
            {
                Distrust(-watch == Errno.ENOSPC ? "no inotify watches left; raise fs.inotify.max_user_watches" : Errno.Text(-watch));
                return false;
            }

            if (watch >= 0)
            {
                _watched[watch] = directory;
                directory.Watch = watch;
            }

            if (!TreeReader.Read(directory, _shape, withStatus: false))
            {
                Leave(directory);
                if (directory == top)
                {
                    return false;
                }

                continue;
            }

            _toLookAt.Add(directory);
            foreach (var child in directory.Directories.Values)
            {
                open.Push(child);
            }
        }

        return true;
    }

    private void Leave(TreeDirectory directory)
    {
        LeaveBelow(directory);
        Forget(directory);
        directory.Parent?.Directories.Remove(directory.Name);
    }

    private void LeaveBelow(TreeDirectory top)
    {
        foreach (var directory in top.WithAllBelow())
        {
            if (directory != top)
            {
                Forget(directory);
            }
        }

        top.Directories.Clear();
        top.Files.Clear();
    }

    private void Forget(TreeDirectory directory)
    {
        _toLookAt.Remove(directory);
        // A directory moved inside the tree keeps its watch, which may belong to its new name already.
        if (_watched.TryGetValue(directory.Watch, out var owner) && owner == directory)
        {
            _watched.Remove(directory.Watch);
            _ = EventCalls.InotifyRemoveWatch(_inotify, directory.Watch);
        }
    }

    private void Close()
    {
        if (_inotify >= 0)
        {
            if (_registration != 0)
            {
                SharedLoop.Value.Remove(_registration);
                _registration = 0;
            }

            _ = FileCalls.Close(_inotify);
            _inotify = -1;
        }

        _poll?.Dispose();
        _poll = null;
        _watched.Clear();
        _toLookAt.Clear();
        _root = null;
        _scan = null;
    }

    public void Dispose()
    {
        _disposed = true;
        Close();
    }

    private void Distrust(string problem)
    {
        Close();
        Problem = $"{_shape.Root} cannot be watched: {problem}. It is read anew every time";
        StartPolling();
    }

    private void StartPolling() => _poll ??= TimeProvider.System.CreateTimer(
        static state => ((TreeWatch)state!).OnPoll(), this, PollInterval, PollInterval);

    private void OnPoll()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                if (_inotify < 0)
                {
                    StartAnew();
                }

                _notify();
            }
        }
    }

    private void OnReadable()
    {
        lock (_gate)
        {
            Drain();
        }
    }

    /// <summary>Takes in everything the kernel has to tell by now.</summary>
    private void Drain()
    {
        if (_inotify < 0)
        {
            return;
        }

        var changed = false;
        var startAnew = false;
        var buffer = stackalloc byte[16 * 1024];
        while (FileCalls.Read(_inotify, buffer, 16 * 1024) is > 0 and var length)
        {
            // struct inotify_event: watch 4, mask 4, cookie 4, length of the padded name 4, name.
            for (nint at = 0; at < length && !startAnew;)
            {
                var watch = *(int*)(buffer + at);
                var mask = *(uint*)(buffer + at + 4);
                var nameLength = *(int*)(buffer + at + 12);
                var name = new ReadOnlySpan<byte>(buffer + at + 16, nameLength).TrimEnd((byte)0);
                at += 16 + nameLength;
                startAnew = !Take(watch, mask, name, ref changed);
            }

            if (startAnew)
            {
                break;
            }
        }

        if (startAnew && _inotify >= 0)
        {
            StartAnew();
            changed = true;
        }

        if (changed)
        {
            _scan = null;
            _notify();
        }
    }

    /// <summary>False: what is known can no longer be relied on.</summary>
    private bool Take(int watch, uint mask, ReadOnlySpan<byte> nameBytes, ref bool changed)
    {
        if ((mask & EventCalls.IN_Q_OVERFLOW) != 0)
        {
            return false;
        }

        if (_ancestors.IsMine(watch))
        {
            return !_ancestors.Concerns(mask, nameBytes);
        }

        if (!_watched.TryGetValue(watch, out var directory))
        {
            return true;
        }

        if ((mask & Over) != 0)
        {
            _watched.Remove(watch);
            // Of directories below the root the one above tells too, unless a file system went away.
            return directory.Parent is not null && (mask & EventCalls.IN_UNMOUNT) == 0;
        }

        if (nameBytes.IsEmpty)
        {
            changed |= directory.Problem is not null;
            return directory.Problem is null || Enter(directory) || directory.Parent is not null;
        }

        var name = Encoding.UTF8.GetString(nameBytes);
        var isGone = (mask & (EventCalls.IN_DELETE | EventCalls.IN_MOVED_FROM)) != 0;
        if ((mask & EventCalls.IN_ISDIR) != 0)
        {
            return TakeDirectory(directory, name, mask, isGone, ref changed);
        }

        if (isGone)
        {
            changed |= directory.Files.Remove(name);
        }
        else if (directory.Files.ContainsKey(name) || _shape.Wanted(name))
        {
            directory.Files[name] = new TreeFile(directory.PathOf(name), null);
            _toLookAt.Add(directory);
            changed = true;
        }

        return true;
    }

    private bool TakeDirectory(TreeDirectory above, string name, uint mask, bool isGone, ref bool changed)
    {
        above.Directories.TryGetValue(name, out var known);
        if (isGone)
        {
            if (known is not null)
            {
                Leave(known);
                changed = true;
            }

            return true;
        }

        var isNew = (mask & (EventCalls.IN_CREATE | EventCalls.IN_MOVED_TO)) != 0;
        if (above.Depth < _shape.MaxDepth && (isNew || known?.Problem is not null))
        {
            changed = true;
            if (known is not null)
            {
                Leave(known);
            }

            return Enter(above.Add(name)) || _inotify >= 0;
        }

        return true;
    }
}
