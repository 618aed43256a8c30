namespace Agentctl.Platform;

/// <summary>
/// Keeps a <see cref="WatchedTree"/> current: by what the inotify instance of all trees has to tell. Lost events (overflow)
/// and a root that comes, goes or moves lead to a new start; where the kernel cannot tell what changes, everything is read every
/// time, and once in a while somebody is told to look. All of it runs with the tree's gate held.
/// </summary>
internal sealed class TreeWatch : IDisposable
{
    private static readonly TimeSpan UsualPollInterval = TimeSpan.FromSeconds(30);

    private readonly TreeShape _shape;
    private readonly Lock _gate;
    private readonly Action _notify;
    private readonly TimeSpan _pollInterval;
    private readonly TreeAncestors _ancestors;

    /// <summary>Null while the root is missing.</summary>
    private WatchedTree? _tree;
    private SharedInotify.Listener? _inotify;
    private ITimer? _poll;
    private bool _disposed;

    private TreeWatch(TreeShape shape, Lock gate, Action notify, TimeSpan pollInterval)
    {
        _shape = shape;
        _gate = gate;
        _notify = notify;
        _pollInterval = pollInterval;
        _ancestors = new TreeAncestors(shape.Root);
    }

    /// <summary>Why the kernel's word cannot be relied on here.</summary>
    public string? Problem { get; private set; }

    /// <param name="notify">Called when something may have changed.</param>
    /// <param name="pollInterval">How often it is called where the kernel cannot tell; 30 s when null.</param>
    public static TreeWatch Start(TreeShape shape, Lock gate, Action notify, TimeSpan? pollInterval)
    {
        var watch = new TreeWatch(shape, gate, notify, pollInterval ?? UsualPollInterval);
        watch.StartAnew();
        return watch;
    }

    public FileTreeScan Scan(DateTimeOffset since, CancellationToken ct)
    {
        Drain();
        return Problem is not null ? TreeScan.Files(_shape, since, ct) : _tree?.Scan(since, ct) ?? FileTreeScan.Missing;
    }

    public List<string> Names(Func<string, bool> wanted, CancellationToken ct)
    {
        Drain();
        if (Problem is not null)
        {
            return TreeScan.Names(_shape, wanted, ct);
        }

        var paths = new List<string>();
        foreach (var directory in _tree?.Directories ?? [])
        {
            foreach (var name in directory.Files.Keys)
            {
                if (wanted(name))
                {
                    paths.Add(directory.PathOf(name));
                }
            }
        }

        return paths;
    }

    private void StartAnew()
    {
        Close();
        Problem = null;
        try
        {
            _inotify = SharedInotify.TryListen(OnTold, out var errno);
            if (_inotify is null)
            {
                Distrust($"no inotify instance left ({Errno.Text(errno)}); raise fs.inotify.max_user_instances");
                return;
            }

            if ((WatchAll(_inotify) ?? _tree?.Problem) is { } problem)
            {
                Distrust(problem);
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Distrust(failure.Message);
            return;
        }

        if (NetworkFileSystem.NameOf(_ancestors.Nearest) is { } kind)
        {
            Problem = $"{_shape.Root} is on {kind}: what other machines change is not told, so all of it is read every time";
            StartPolling();
        }
    }

    /// <summary>From above downwards: what appears meanwhile is found or told. Null, or why it cannot be watched.</summary>
    private string? WatchAll(SharedInotify.Listener inotify)
    {
        while (true)
        {
            if (_ancestors.Watch(inotify, out var rootIsThere) is { } blind)
            {
                return blind;
            }

            _tree = rootIsThere ? new WatchedTree(_shape, inotify) : null;
            if (_tree is null || _tree.TryStart())
            {
                return null;
            }
        }
    }

    private void Distrust(string problem)
    {
        Close();
        Problem = $"{_shape.Root} cannot be watched: {problem}. All of it is read every time";
        StartPolling();
    }

    private void StartPolling() => _poll ??= TimeProvider.System.CreateTimer(
        static state => ((TreeWatch)state!).OnPoll(), this, _pollInterval, _pollInterval);

    private void OnPoll()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_inotify is null)
            {
                StartAnew();
            }

            _notify();
        }
    }

    private void OnTold()
    {
        lock (_gate)
        {
            Drain();
        }
    }

    /// <summary>Takes in everything the kernel has to tell by now.</summary>
    private void Drain()
    {
        var changed = false;
        var isReliable = true;
        try
        {
            for (var told = _inotify is null ? default : _inotify.Take(); isReliable && !told.IsEmpty;)
            {
                var what = InotifyEvent.Take(ref told);
                isReliable = !what.IsOverflow && !_ancestors.IsConcerned(what) && (_tree?.Take(what, ref changed) ?? true);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // On the thread of all watches nobody else would catch it.
            Distrust(failure.Message);
            changed = true;
        }

        if (!isReliable)
        {
            StartAnew();
        }

        if (changed || !isReliable)
        {
            _notify();
        }
    }

    private void Close()
    {
        _inotify?.Leave();
        _inotify = null;
        _poll?.Dispose();
        _poll = null;
        _tree = null;
    }

    public void Dispose()
    {
        _disposed = true;
        Close();
    }
}
