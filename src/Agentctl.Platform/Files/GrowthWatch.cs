namespace Agentctl.Platform;

/// <summary>
/// Tells at once when files are written to, inotify(7): one instance for any number of files. What the kernel has no instance or watch
/// left for is looked at four times a second instead. Thread-safe.
/// </summary>
public sealed unsafe class GrowthWatch : IDisposable
{
    private static readonly Lazy<EventLoop> SharedLoop = new(static () => EventLoop.Start("growth watch"), LazyThreadSafetyMode.PublicationOnly);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly HashSet<Action> _told = [];
    private readonly Dictionary<int, Action> _watched = [];
    private readonly HashSet<LookedAt> _lookedAt = [];
    private readonly ITimer _looks;
    private readonly long _registration;
    private int _inotify;
    private bool _disposed;

    private GrowthWatch(int inotify)
    {
        _inotify = inotify;
        _looks = TimeProvider.System.CreateTimer(static watch => ((GrowthWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _registration = inotify < 0 ? 0 : SharedLoop.Value.Add(inotify, Drain);
    }

    /// <exception cref="IOException">No descriptor is left.</exception>
    public static GrowthWatch Start()
    {
        ThisSystem.RequireLinux("Watching files");
        return new GrowthWatch(EventCalls.CreateInotify());
    }

    /// <summary>Calls <paramref name="grew"/>, on a thread of its own that must not be held up, after writes to a file. Dispose to end.</summary>
    /// <exception cref="IOException">It cannot be watched.</exception>
    public IDisposable Watch(string path, Action grew)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var watch = _inotify < 0 ? -Errno.ENOSPC : EventCalls.AddWatch(_inotify, path, EventCalls.IN_MODIFY);
            if (watch == -Errno.ENOSPC)
            {
                return LookAt(path, grew);
            }

            if (watch < 0)
            {
                throw Errno.Failed("watch", path, -watch);
            }

            _watched[watch] = grew;
            return new Watched(this, watch);
        }
    }

    private LookedAt LookAt(string path, Action grew)
    {
        var errno = FileCalls.Stat(path, 0, out var status);
        if (errno != 0)
        {
            throw Errno.Failed("watch", path, errno);
        }

        var lookedAt = new LookedAt(this, path, grew) { Seen = NativeFile.StateOf(status) };
        _lookedAt.Add(lookedAt);
        if (_lookedAt.Count == 1)
        {
            _looks.Change(LookInterval, LookInterval);
        }

        return lookedAt;
    }

    private void Look()
    {
        List<Action> told = [];
        lock (_gate)
        {
            foreach (var one in _lookedAt)
            {
                if (FileCalls.Stat(one.Path, 0, out var status) == 0 && NativeFile.StateOf(status) is var now && now != one.Seen)
                {
                    one.Seen = now;
                    told.Add(one.Grew);
                }
            }
        }

        told.ForEach(static grew => grew());
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _looks.Dispose();
            _lookedAt.Clear();
            if (_inotify >= 0)
            {
                SharedLoop.Value.Remove(_registration);
                _ = FileCalls.Close(_inotify);
                _inotify = -1;
                _watched.Clear();
            }
        }
    }

    private void Drain()
    {
        const int BufferBytes = 4096;
        var buffer = stackalloc byte[BufferBytes];
        lock (_gate)
        {
            while (_inotify >= 0 && FileCalls.Read(_inotify, buffer, BufferBytes) is > 0 and var length)
            {
                for (var read = new ReadOnlySpan<byte>(buffer, (int)length); !read.IsEmpty;)
                {
                    var what = InotifyEvent.Take(ref read);
                    if (what.IsOverflow)
                    {
                        _told.UnionWith(_watched.Values);
                    }
                    else if (_watched.TryGetValue(what.Watch, out var grew))
                    {
                        _told.Add(grew);
                    }
                }
            }
        }

        foreach (var grew in _told)
        {
            grew();
        }

        _told.Clear();
    }

    private void Forget(int watch)
    {
        lock (_gate)
        {
            if (_inotify >= 0 && _watched.Remove(watch))
            {
                _ = EventCalls.InotifyRemoveWatch(_inotify, watch);
            }
        }
    }

    private void Forget(LookedAt one)
    {
        lock (_gate)
        {
            if (_lookedAt.Remove(one) && _lookedAt.Count == 0)
            {
                _looks.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class LookedAt(GrowthWatch owner, string path, Action grew) : IDisposable
    {
        public string Path => path;

        public Action Grew => grew;

        /// <summary>What it was when it was looked at last.</summary>
        public required FileState Seen { get; set; }

        public void Dispose() => owner.Forget(this);
    }

    private sealed class Watched(GrowthWatch owner, int watch) : IDisposable
    {
        public void Dispose() => owner.Forget(watch);
    }
}
