using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// What is known of a tree whose directories are all watched. Each directory is watched before it is read,
/// so nothing that happens in a new one is missed. Not thread-safe.
/// </summary>
internal sealed class WatchedTree(TreeShape shape, SharedInotify.Listener inotify)
{
    private const uint Content = EventCalls.IN_MODIFY | EventCalls.IN_ATTRIB | EventCalls.IN_CREATE | EventCalls.IN_DELETE
        | EventCalls.IN_MOVED_FROM | EventCalls.IN_MOVED_TO | EventCalls.IN_EXCL_UNLINK | EventCalls.IN_ONLYDIR;

    private readonly Dictionary<int, TreeDirectory> _watched = [];
    private readonly HashSet<TreeDirectory> _toLookAt = [];
    private TreeDirectory? _root;
    private FileTreeScan? _scan;
    private DateTimeOffset _scanSince;

    /// <summary>How much older than wanted the oldest file may be that is told again without being gathered again.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>Why not all of it can be watched; it is of no use then.</summary>
    public string? Problem { get; private set; }

    public IEnumerable<TreeDirectory> Directories => _root?.WithAllBelow() ?? [];

    /// <summary>Watches and reads the whole tree; false when the root is gone.</summary>
    public bool TryStart()
    {
        _root = new TreeDirectory(shape.Root, "", null);
        if (Enter(_root))
        {
            return true;
        }

        _root = null;
        return Problem is not null;
    }

    /// <summary>Looks at the files that may have changed, and tells all that changed since.</summary>
    public FileTreeScan Scan(DateTimeOffset since, CancellationToken ct)
    {
        foreach (var directory in _toLookAt.ToArray())
        {
            ct.ThrowIfCancellationRequested();
            LookAtFiles(directory);
        }

        if (_scan is null || since < _scanSince || since - _scanSince > Slack)
        {
            (_scan, _scanSince) = (Collect(since), since);
        }

        return _scan;
    }

    private void LookAtFiles(TreeDirectory directory)
    {
        // Nobody tells when a link's target changes: such files are looked at every time.
        var hasLinks = false;
        foreach (var (name, file) in directory.Files)
        {
            if (file.State is not null && !file.IsLink)
            {
                continue;
            }

            if (TreeReader.Look(directory.PathOf(name)) is not { } seen)
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

    private FileTreeScan Collect(DateTimeOffset since)
    {
        var files = new List<FileEntry>();
        var problems = new List<string>();
        foreach (var directory in Directories)
        {
            if (directory.Problem is { } unread)
            {
                problems.Add(unread);
            }

            foreach (var (name, file) in directory.Files)
            {
                if (file.State is { } state)
                {
                    if (state.ModifiedAt >= since)
                    {
                        files.Add(state.At(directory.PathOf(name)));
                    }
                }
                else if (file.Problem is { } unseen)
                {
                    problems.Add(unseen);
                }
            }
        }

        return new FileTreeScan(_root is not null, files, problems);
    }

    /// <summary>Takes an event in; false when what is known can no longer be relied on.</summary>
    public bool Take(in InotifyEvent what, ref bool changed)
    {
        if (!_watched.TryGetValue(what.Watch, out var directory))
        {
            return true;
        }

        if (what.IsEnd)
        {
            _watched.Remove(what.Watch);
            // Of directories below the root the one above tells too, unless a file system went away.
            return directory.Parent is not null && !what.IsUnmount;
        }

        if (what.Name.IsEmpty)
        {
            return true;
        }

        var name = Encoding.UTF8.GetString(what.Name);
        return what.IsDirectory ? TakeDirectory(directory, name, what, ref changed) : TakeFile(directory, name, what, ref changed);
    }

    private bool TakeFile(TreeDirectory directory, string name, in InotifyEvent what, ref bool changed)
    {
        if (what.IsDisappearance)
        {
            changed |= directory.Files.Remove(name);
        }
        else if (directory.Files.ContainsKey(name) || shape.Wanted(name))
        {
            directory.Files[name] = default;
            _toLookAt.Add(directory);
            changed = true;
        }

        _scan = changed ? null : _scan;
        return true;
    }

    private bool TakeDirectory(TreeDirectory above, string name, in InotifyEvent what, ref bool changed)
    {
        var known = above.Directories.GetValueOrDefault(name);
        // Found already, when the directory above was read? Had it been replaced since, its end would be told before this.
        var isKnown = what.IsCreation && known is { Problem: null } && _watched.GetValueOrDefault(known.Watch) == known;
        var isNew = what.IsAppearance && !isKnown && above.Depth < shape.MaxDepth;
        var mayBeReadableNow = known?.Problem is not null;
        if (known is not null && (what.IsDisappearance || isNew || mayBeReadableNow))
        {
            Leave(known);
            changed = true;
        }

        if (!what.IsDisappearance && (isNew || mayBeReadableNow))
        {
            // It may be gone again; that is no reason to doubt the rest.
            Enter(above.Add(name));
            changed = true;
        }

        _scan = changed ? null : _scan;
        return Problem is null;
    }

    /// <summary>Watches and reads a directory and all below it; false when it is gone, or cannot be watched.</summary>
    private bool Enter(TreeDirectory top)
    {
        var open = new Stack<TreeDirectory>();
        open.Push(top);
        while (open.TryPop(out var directory))
        {
            if (!TryWatch(directory))
            {
                return false;
            }

            if (!TreeReader.Read(directory, shape))
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

    /// <summary>False when watching has failed altogether. One directory that is gone or forbidden is for its reading to tell.</summary>
    private bool TryWatch(TreeDirectory directory)
    {
        var isRoot = directory.Parent is null;
        var watch = inotify.AddWatch(directory.Path, Content | (isRoot
            ? EventCalls.IN_DELETE_SELF | EventCalls.IN_MOVE_SELF
            : EventCalls.IN_DONT_FOLLOW));
        if (watch >= 0)
        {
            _watched[watch] = directory;
            directory.Watch = watch;
        }
        else if (!Errno.IsAbsent(-watch) && (isRoot || !Errno.IsForbidden(-watch)))
        {
            Problem = -watch == Errno.ENOSPC ? "no inotify watches left; raise fs.inotify.max_user_watches" : $"{directory.Path}: {Errno.Text(-watch)}";
        }

        return Problem is null;
    }

    private void Leave(TreeDirectory top)
    {
        foreach (var directory in top.WithAllBelow())
        {
            _toLookAt.Remove(directory);
            // A directory moved inside the tree keeps its watch, which may belong to its new name already.
            if (_watched.GetValueOrDefault(directory.Watch) == directory)
            {
                _watched.Remove(directory.Watch);
                inotify.RemoveWatch(directory.Watch);
            }
        }

        top.Parent?.Directories.Remove(top.Name);
    }
}
