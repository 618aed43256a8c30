namespace Agentctl.Platform;

/// <summary>Tells at once when files are written to, inotify(7): one instance for any number of files. Thread-safe.</summary>
public sealed unsafe class GrowthWatch : IDisposable
{
    private static readonly Lazy<EventLoop> SharedLoop = new(static () => EventLoop.Start("growth watch"), LazyThreadSafetyMode.PublicationOnly);

    private readonly Lock _gate = new();
    private readonly HashSet<Action> _told = [];
    private readonly Dictionary<int, Action> _watched = [];
    private readonly long _registration;
    private int _inotify;

    private GrowthWatch(int inotify)
    {
        _inotify = inotify;
        _registration = SharedLoop.Value.Add(inotify, Drain);
    }

    /// <exception cref="IOException">The kernel has no instance left.</exception>
    public static GrowthWatch Start()
    {
        ThisSystem.RequireLinux("Watching files");
        var inotify = EventCalls.CreateInotify();
        return inotify < 0 ? throw Errno.Failed("watch", "files (fs.inotify.max_user_instances)", -inotify) : new GrowthWatch(inotify);
    }

    /// <summary>Calls <paramref name="grew"/>, on a thread of its own that must not be held up, after writes to a file. Dispose to end.</summary>
    /// <exception cref="IOException">It cannot be watched.</exception>
    public IDisposable Watch(string path, Action grew)
    {
        lock (_gate)
        {
            var watch = EventCalls.AddWatch(_inotify, path, EventCalls.IN_MODIFY);
            if (watch < 0)
            {
                throw Errno.Failed("watch", path, -watch);
            }

            _watched[watch] = grew;
            return new Watched(this, watch);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
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

    private sealed class Watched(GrowthWatch owner, int watch) : IDisposable
    {
        public void Dispose() => owner.Forget(watch);
    }
}
