using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// Tells when processes end, any process, within milliseconds, without polling: pidfds (pidfd_open(2), Linux 5.3) on one epoll thread.
/// </summary>
public sealed class ExitWatch : IDisposable
{
    private readonly EventLoop _loop;
    private readonly HashSet<Registration> _registrations = [];

    private ExitWatch(EventLoop loop) => _loop = loop;

    /// <exception cref="PlatformNotSupportedException">Not on this system.</exception>
    public static ExitWatch Start() => new(EventLoop.Start("exit watch"));

    /// <summary>
    /// Calls <paramref name="exited"/> once, on the thread pool, when exactly this process has ended; a zombie has ended.
    /// Dispose the registration to stop caring; a call that has begun is not taken back.
    /// </summary>
    /// <returns>Null when the process is gone already, or its pid belongs to another one now.</returns>
    /// <exception cref="CannotLookException">The process cannot be watched from here.</exception>
    public IDisposable? TryWatch(ProcessIdentity identity, Action exited)
    {
        var here = ThisMachine.Current;
        if (identity.Host != here.Host || (identity.BootId == here.BootId && identity.PidNamespace != here.PidNamespace))
        {
            throw new CannotLookException($"{identity} belongs to another host or pid namespace; whether it lives is not known here");
        }

        if (identity.BootId != here.BootId)
        {
            return null;
        }

        var descriptor = ProcessCalls.PidFdOpen(identity.Pid);
        if (descriptor < 0)
        {
            // EINVAL, and ENOENT since 6.9: the number belongs to a thread that is no process.
            return -descriptor is Errno.ESRCH or Errno.EINVAL or Errno.ENOENT ? null
                : throw new CannotLookException($"cannot watch {identity}: {Errno.Text(-descriptor)}");
        }

        // Only now compare: the descriptor names one process for good, the pid before it could be anybody's.
        try
        {
            if (ProcStat.StartTicksOf(identity.Pid) == identity.StartTicks)
            {
                var registration = new Registration(this, descriptor, exited);
                descriptor = -1;
                registration.Begin();
                return registration;
            }

            return null;
        }
        finally
        {
            if (descriptor >= 0)
            {
                _ = FileCalls.Close(descriptor);
            }
        }
    }

    /// <summary>Stops watching all. Nothing is called afterwards but what has begun.</summary>
    public void Dispose()
    {
        _loop.Dispose();
        Registration[] left;
        lock (_registrations)
        {
            left = [.. _registrations];
        }

        foreach (var registration in left)
        {
            registration.Dispose();
        }
    }

    private sealed class Registration(ExitWatch watch, int descriptor, Action exited) : IDisposable
    {
        private readonly Lock _gate = new();
        private long _token;
        private bool _over;

        public void Begin()
        {
            lock (_gate)
            {
                try
                {
                    _token = watch._loop.Add(descriptor, Ended);
                    lock (watch._registrations)
                    {
                        watch._registrations.Add(this);
                    }
                }
                catch
                {
                    Finish();
                    throw;
                }
            }
        }

        private void Ended()
        {
            if (Finish())
            {
                ThreadPool.UnsafeQueueUserWorkItem(static call => call(), exited, preferLocal: false);
            }
        }

        public void Dispose() => Finish();

        private bool Finish()
        {
            lock (_gate)
            {
                if (_over)
                {
                    return false;
                }

                _over = true;
                watch._loop.Remove(_token);
                _ = FileCalls.Close(descriptor);
                lock (watch._registrations)
                {
                    watch._registrations.Remove(this);
                }

                return true;
            }
        }
    }
}
