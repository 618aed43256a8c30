namespace Agentctl.Platform;

/// <summary>What a look at a <see cref="FileTree"/> found.</summary>
/// <param name="Exists">Whether the root is there.</param>
/// <param name="Files">The wanted files, in no particular order.</param>
/// <param name="Problems">What could not be read, one sentence each, naming the path.</param>
public sealed record FileTreeScan(bool Exists, IReadOnlyList<FileEntry> Files, IReadOnlyList<string> Problems)
{
    /// <summary>There is no such root.</summary>
    public static readonly FileTreeScan Missing = new(false, [], []);
}

/// <summary>
/// The wanted files below a root. Every look reads the directories anew, until <see cref="Watch"/>: then the kernel tells what
/// changed, only that is read again, and an unchanged tree costs one system call. Thread-safe.
/// Symbolic links to files are followed, links to directories (but the root) are not.
/// </summary>
/// <param name="root">The top directory; need not exist.</param>
/// <param name="wanted">Whether a file is wanted, by its name without directory.</param>
/// <param name="maxDepth">As of find(1): 1 = only files directly in the root.</param>
/// <param name="unwatchedPause">How often whoever watches is called where the kernel cannot tell what changes; 30 s when null.</param>
public sealed class FileTree(string root, Func<string, bool> wanted, int maxDepth, TimeSpan? unwatchedPause = null) : IDisposable
{
    private static readonly TimeSpan UsualPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly TreeShape _shape = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)), wanted, maxDepth);
    private readonly List<Subscription> _subscriptions = [];
    private TreeWatch? _watch;
    private bool _disposed;

    /// <summary>The top directory's full path.</summary>
    public string Root => _shape.Root;

    /// <summary>Why every look reads all anew although the tree is watched (no inotify watches left, a network file system); null = all is well.</summary>
    public string? WatchProblem
    {
        get
        {
            lock (_gate)
            {
                return _watch?.Problem;
            }
        }
    }

    /// <summary>Why it cannot be watched, found out by beginning to; null = it can be.</summary>
    public string? WhyNotWatched()
    {
        using (Watch(static () => { }))
        {
            return WatchProblem;
        }
    }

    /// <summary>Looks. The same instance again means: nothing changed.</summary>
    public FileTreeScan Scan(CancellationToken ct) => Scan(DateTimeOffset.MinValue, ct);

    /// <summary>Looks at what changed since, and may be told some that is up to a day older too. The same instance again means: nothing changed.</summary>
    public FileTreeScan Scan(DateTimeOffset since, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_watch is { Problem: null } watch)
            {
                return watch.Scan(since, ct);
            }
        }

        return TreeScan.Files(_shape, since, ct);
    }

    /// <summary>Full paths of the wanted files, without looking at the files themselves.</summary>
    public IReadOnlyList<string> Names(CancellationToken ct) => Names(static _ => true, ct);

    /// <summary>Full paths of those of the wanted files whose name (without directory) is right.</summary>
    public IReadOnlyList<string> Names(Func<string, bool> isRight, CancellationToken ct)
    {
        lock (_gate)
        {
            if (_watch is { Problem: null } watch)
            {
                return watch.Names(isRight, ct);
            }
        }

        return TreeScan.Names(_shape, isRight, ct);
    }

    /// <summary>
    /// Begins to watch. <paramref name="changed"/> is called on the thread pool, never twice at once, soon after something that
    /// <see cref="Scan(DateTimeOffset, CancellationToken)"/> tells may have changed; a burst of changes gives few calls. Dispose to end.
    /// </summary>
    /// <param name="pause">The shortest time between two calls; 50 ms when null.</param>
    public IDisposable Watch(Action changed, TimeSpan? pause = null)
    {
        ThisSystem.RequireLinux("Watching files");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _watch ??= TreeWatch.Start(_shape, _gate, Notify, unwatchedPause);
            var subscription = new Subscription(this, changed, pause ?? UsualPause);
            _subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Called with the gate held.</summary>
    private void Notify()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Calls.Signal();
        }
    }

    private void End(Subscription subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
            if (_subscriptions.Count == 0)
            {
                _watch?.Dispose();
                _watch = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var subscription in _subscriptions.ToArray())
            {
                subscription.Dispose();
            }
        }
    }

    private sealed class Subscription(FileTree tree, Action changed, TimeSpan pause) : IDisposable
    {
        public CoalescedCalls Calls { get; } = new(changed, pause, TimeProvider.System);

        public void Dispose()
        {
            Calls.Dispose();
            tree.End(this);
        }
    }
}
