using System.Buffers;

namespace Agentctl.Platform;

/// <summary>
/// The one inotify instance of all watched trees of this process: the kernel gives a user 128, for everything he runs. Whoever reads
/// it sorts what it tells by listener, so each takes in its own under its own lock. Thread-safe.
/// </summary>
internal sealed unsafe class SharedInotify
{
    private static readonly Lock Gate = new();

    /// <summary>One thread for all trees, from the first watch on.</summary>
    private static readonly Lazy<EventLoop> SharedLoop = new(static () => EventLoop.Start("file watch"), LazyThreadSafetyMode.PublicationOnly);

    private static SharedInotify? current;

    private readonly HashSet<Listener> _listeners = [];
    private readonly Dictionary<int, Watchers> _watchers = [];
    private readonly int _inotify;
    private readonly long _registration;

    private SharedInotify(int inotify)
    {
        _inotify = inotify;
        _registration = SharedLoop.Value.Add(inotify, () => Read(null));
    }

    /// <param name="told">Called on the thread pool, once for all that came since the last call began, when there is something to <see cref="Listener.Take"/>.</param>
    /// <param name="errno">Why there is none.</param>
    /// <exception cref="IOException">No descriptor is left for the thread that reads it.</exception>
    public static Listener? TryListen(Action told, out int errno)
    {
        lock (Gate)
        {
            if (current is null)
            {
                var inotify = EventCalls.CreateInotify();
                if (inotify < 0)
                {
                    errno = -inotify;
                    return null;
                }

                try
                {
                    current = new SharedInotify(inotify);
                }
                catch (IOException)
                {
                    _ = FileCalls.Close(inotify);
                    throw;
                }
            }

            errno = 0;
            var listener = new Listener(current, told);
            current._listeners.Add(listener);
            return listener;
        }
    }

    /// <summary>Takes in everything the kernel has to tell by now, for every listener; all but <paramref name="reader"/> are told.</summary>
    private void Read(Listener? reader)
    {
        const int BufferBytes = 16 * 1024;
        var buffer = stackalloc byte[BufferBytes];
        lock (Gate)
        {
            while (current == this && FileCalls.Read(_inotify, buffer, BufferBytes) is > 0 and var length)
            {
                for (var read = new ReadOnlySpan<byte>(buffer, (int)length); !read.IsEmpty;)
                {
                    var rest = read;
                    var what = InotifyEvent.Take(ref rest);
                    Sort(what, read[..^rest.Length], reader);
                    read = rest;
                }
            }
        }
    }

    private void Sort(in InotifyEvent what, ReadOnlySpan<byte> raw, Listener? reader)
    {
        if (what.IsOverflow)
        {
            foreach (var listener in _listeners)
            {
                listener.Receive(raw, listener != reader);
            }
        }
        else if (_watchers.TryGetValue(what.Watch, out var watchers))
        {
            watchers.Receive(what, raw, reader);
            if (what.IsLast)
            {
                _watchers.Remove(what.Watch);
            }
        }
    }

    private int AddWatch(Listener listener, string path, uint mask)
    {
        lock (Gate)
        {
            // Another may watch the same directory, for something else.
            var watch = EventCalls.AddWatch(_inotify, path, mask | EventCalls.IN_MASK_ADD);
            if (watch >= 0)
            {
                _watchers[watch] = _watchers.GetValueOrDefault(watch).With(listener, mask);
            }

            return watch;
        }
    }

    private void RemoveWatch(Listener listener, int watch)
    {
        lock (Gate)
        {
            Remove(listener, watch);
        }
    }

    private void Remove(Listener listener, int watch)
    {
        if (!_watchers.TryGetValue(watch, out var watchers))
        {
            return;
        }

        var others = watchers.Without(listener);
        if (others.IsNobody)
        {
            _watchers.Remove(watch);
            _ = EventCalls.InotifyRemoveWatch(_inotify, watch);
        }
        else
        {
            _watchers[watch] = others;
        }
    }

    private void Leave(Listener listener)
    {
        lock (Gate)
        {
            if (!_listeners.Remove(listener))
            {
                return;
            }

            if (_listeners.Count > 0)
            {
                foreach (var (watch, watchers) in _watchers)
                {
                    if (watchers.Has(listener))
                    {
                        // Removing, and setting what is there, are allowed while enumerating.
                        Remove(listener, watch);
                    }
                }

                return;
            }

            current = null;
            SharedLoop.Value.Remove(_registration);
            _ = FileCalls.Close(_inotify);
        }
    }

    /// <summary>Who is told of a watch, and of what. Nearly always one.</summary>
    private readonly record struct Watchers(Listener? First, uint FirstMask, (Listener Who, uint Mask)[]? Others)
    {
        public bool IsNobody => First is null;

        public bool Has(Listener listener) => First == listener || Others?.Any(other => other.Who == listener) == true;

        public Watchers With(Listener listener, uint mask)
        {
            if (First is null || First == listener)
            {
                return this with { First = listener, FirstMask = FirstMask | mask };
            }

            var before = Others?.FirstOrDefault(other => other.Who == listener).Mask ?? 0;
            return this with { Others = [.. OthersBut(listener), (listener, before | mask)] };
        }

        public Watchers Without(Listener listener)
        {
            var left = OthersBut(listener).ToArray();
            return First != listener ? this with { Others = left.Length > 0 ? left : null }
                : left is [var next, .. var rest] ? new Watchers(next.Who, next.Mask, rest.Length > 0 ? rest : null)
                : default;
        }

        public void Receive(in InotifyEvent what, ReadOnlySpan<byte> raw, Listener? reader)
        {
            if (First is not null && what.IsFor(FirstMask))
            {
                First.Receive(raw, First != reader);
            }

            foreach (var (who, mask) in Others ?? [])
            {
                if (what.IsFor(mask))
                {
                    who.Receive(raw, who != reader);
                }
            }
        }

        private IEnumerable<(Listener Who, uint Mask)> OthersBut(Listener listener) => Others?.Where(other => other.Who != listener) ?? [];
    }

    /// <summary>One tree's part.</summary>
    internal sealed class Listener(SharedInotify shared, Action told)
    {
        private const int UsualBytes = 16 * 1024;

        private ArrayBufferWriter<byte> received = new();
        private ArrayBufferWriter<byte> taken = new();
        private bool isToldSoon;

        /// <summary>The watch, or the negative error number.</summary>
        public int AddWatch(string path, uint mask) => shared.AddWatch(this, path, mask);

        public void RemoveWatch(int watch) => shared.RemoveWatch(this, watch);

        /// <summary>Everything that the kernel has told until now and was not taken before; good until the next call. Not thread-safe.</summary>
        public ReadOnlySpan<byte> Take()
        {
            shared.Read(this);
            lock (Gate)
            {
                (taken, received) = (received, taken.Capacity > UsualBytes ? new ArrayBufferWriter<byte>() : taken);
                received.ResetWrittenCount();
            }

            return taken.WrittenSpan;
        }

        /// <summary>Ends all its watches.</summary>
        public void Leave() => shared.Leave(this);

        /// <summary>Called with the gate held.</summary>
        public void Receive(ReadOnlySpan<byte> raw, bool tell)
        {
            received.Write(raw);
            if (tell && !isToldSoon)
            {
                isToldSoon = true;
                ThreadPool.UnsafeQueueUserWorkItem(static listener => listener.Tell(), this, preferLocal: false);
            }
        }

        private void Tell()
        {
            lock (Gate)
            {
                isToldSoon = false;
            }

            told();
        }
    }
}
