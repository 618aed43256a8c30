using System.Diagnostics;

namespace Agentctl.Platform;

/// <summary>
/// One thread that waits for many descriptors to become readable. It sleeps in the kernel while nothing happens.
/// What it calls runs on that thread and must be short; it is not called again for a descriptor after <see cref="Remove"/> returned,
/// except when <see cref="Remove"/> was called from the loop's own thread or during that very call.
/// </summary>
internal sealed unsafe class EventLoop : IDisposable
{
    /// <summary>
    /// Where events come without a pause, they are taken less and less often: each time there are many, and the next waits no longer than
    /// anybody notices. A single one is taken at once, and the few of a short exchange almost so.
    /// </summary>
    private const uint ShortestRestMicroseconds = 250;

    private const uint LongestRestMicroseconds = 2000;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, (int Descriptor, Action Ready)> _registered = [];
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Thread _thread;
    private long _lastToken;
    private volatile bool _stopping;

    private EventLoop(int epoll, int wake, string name)
    {
        _epoll = epoll;
        _wake = wake;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <exception cref="IOException">No descriptor left for it.</exception>
    public static EventLoop Start(string name)
    {
        ThisSystem.RequireLinux(name);
        var epoll = EventCalls.CreateEpoll();
        var wake = epoll < 0 ? epoll : EventCalls.CreateEvent();
        if (wake < 0)
        {
            if (epoll >= 0)
            {
                _ = FileCalls.Close(epoll);
            }

            throw Errno.Failed("start", name, -wake);
        }

        var loop = new EventLoop(epoll, wake, name);
        _ = EventCalls.Add(epoll, wake, token: 0);
        loop._thread.Start();
        return loop;
    }

    /// <summary>Begins to watch; the descriptor stays the caller's. The token names the registration.</summary>
    public long Add(int descriptor, Action ready)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            var token = ++_lastToken;
            _registered.Add(token, (descriptor, ready));
            var errno = EventCalls.Add(_epoll, descriptor, token);
            if (errno != 0)
            {
                _registered.Remove(token);
                throw Errno.Failed("watch", $"descriptor {descriptor}", errno);
            }

            return token;
        }
    }

    /// <summary>Ends watching; false when it had ended before. The caller closes the descriptor afterwards.</summary>
    public bool Remove(long token)
    {
        lock (_gate)
        {
            if (!_registered.Remove(token, out var entry))
            {
                return false;
            }

            if (!_stopping)
            {
                _ = EventCalls.Remove(_epoll, entry.Descriptor);
            }

            return true;
        }
    }

    private void Run()
    {
        const int Batch = 32;
        var events = stackalloc byte[Batch * 16];
        var takenAt = 0L;
        var rest = ShortestRestMicroseconds;
        while (!_stopping)
        {
            var count = EventCalls.EpollWait(_epoll, events, Batch, timeoutMs: -1);
            if (Stopwatch.GetElapsedTime(takenAt) < TimeSpan.FromMicroseconds(rest))
            {
                _ = PollCalls.Rest(rest);
                rest = Math.Min(rest * 2, LongestRestMicroseconds);
            }
            else
            {
                rest = ShortestRestMicroseconds;
            }

            for (var i = 0; i < count && !_stopping; i++)
            {
                Action? ready = null;
                lock (_gate)
                {
                    if (_registered.TryGetValue(EventCalls.Token(events, i), out var entry))
                    {
                        ready = entry.Ready;
                    }
                }

                ready?.Invoke();
            }

            takenAt = Stopwatch.GetTimestamp();
        }

        lock (_gate)
        {
            _ = FileCalls.Close(_epoll);
            _ = FileCalls.Close(_wake);
        }
    }

    /// <summary>Ends the thread; it closes its descriptors itself.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            _registered.Clear();
            ulong one = 1;
            _ = FileCalls.Write(_wake, (byte*)&one, sizeof(ulong));
        }
    }
}
