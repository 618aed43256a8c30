namespace Agentctl.Platform;

/// <summary>
/// A promise the kernel keeps (law L7): an open-file-description lock on one byte of a file of ours, held for as long as this
/// object, and released by the kernel when the process dies. Not passed on to child processes.
/// </summary>
public sealed class Lease : IDisposable
{
    private readonly string _path;
    private int _descriptor;

    private Lease(string path, int descriptor)
    {
        _path = path;
        _descriptor = descriptor;
    }

    /// <summary>Takes the lease, creating the file (0600) if need be; null when another holds it.</summary>
    /// <exception cref="IOException">The file could not be opened or locked.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static Lease? TryTake(string path, long offset = 0)
    {
        ThisSystem.RequireLinux("Leases");
        while (true)
        {
            var lease = Open(path);
            var errno = LockCalls.TryLock(lease._descriptor, offset);
            if (errno != 0)
            {
                lease.Dispose();
                return errno is Errno.EAGAIN or Errno.EACCES ? null : throw Errno.Failed("lock", path, errno);
            }

            // A file that was removed between opening and locking protects nothing: others would lock its successor.
            if (lease.IsOfThisFile())
            {
                return lease;
            }

            lease.Dispose();
        }
    }

    /// <summary>Takes the lease when it is free, waiting for whoever holds it. For locks that are held for moments.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before it was free.</exception>
    /// <exception cref="IOException">The file could not be opened or locked.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static async Task<Lease> Take(string path, CancellationToken cancellationToken, long offset = 0) =>
        TryTake(path, offset) is { } free ? free : await LeaseWaiters.Join(path, offset, Wait, cancellationToken).ConfigureAwait(false);

    /// <summary>Both locks of a launch's lease, byte 0 and byte 1, in one look. Takes none.</summary>
    /// <exception cref="IOException">It could not be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public static (bool First, bool Second) Look(string path)
    {
        ThisSystem.RequireLinux("Leases");
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW);
        if (descriptor < 0)
        {
            return Errno.IsAbsent(-descriptor) ? default : throw Errno.Failed("look at the lease", path, -descriptor);
        }

        var errno = LockCalls.Test(descriptor, 0, out var first);
        var second = false;
        errno = errno == 0 ? LockCalls.Test(descriptor, 1, out second) : errno;
        _ = FileCalls.Close(descriptor);
        return errno == 0 ? (first, second) : throw Errno.Failed("look at the lease", path, errno);
    }

    /// <summary>Whether anybody holds it, this process included. Takes no lock to look.</summary>
    /// <exception cref="IOException">It could not be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be looked at.</exception>
    public static bool IsHeld(string path, long offset = 0)
    {
        ThisSystem.RequireLinux("Leases");
        var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW);
        if (descriptor < 0)
        {
            return Errno.IsAbsent(-descriptor) ? false : throw Errno.Failed("look at the lease", path, -descriptor);
        }

        var errno = LockCalls.Test(descriptor, offset, out var held);
        _ = FileCalls.Close(descriptor);
        return errno == 0 ? held : throw Errno.Failed("look at the lease", path, errno);
    }

    /// <summary>The open file that holds the lock, for a child that is to hold it too.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>The same on the calling thread, and not for longer than a limit.</summary>
    /// <exception cref="IOException">The file could not be opened or locked, or another process held the lock for the whole time.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static Lease Wait(string path, long offset, TimeSpan limit)
    {
        using var giveUp = new CancellationTokenSource(limit);
        try
        {
            return Take(path, giveUp.Token, offset).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException late)
        {
            throw new IOException($"another process has held the lock on {path} for {limit.TotalSeconds:0} s: it is stopped or stuck (to see which: fuser {path})", late);
        }
    }

    /// <summary>Blocks the calling thread for as long as it takes.</summary>
    private static Lease Wait(string path, long offset)
    {
        while (true)
        {
            var lease = Open(path);
            var errno = LockCalls.Lock(lease._descriptor, offset);
            if (errno != 0)
            {
                lease.Dispose();
                throw Errno.Failed("lock", path, errno);
            }

            if (lease.IsOfThisFile())
            {
                return lease;
            }

            lease.Dispose();
        }
    }

    private static Lease Open(string path)
    {
        var descriptor = FileCalls.Open(path, FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW, mode: 0x180);
        return descriptor >= 0 ? new Lease(path, descriptor) : throw Errno.Failed("open the lease", path, -descriptor);
    }

    private bool IsOfThisFile() =>
        FileCalls.StatOpen(_descriptor, out var mine) == 0
        && FileCalls.Stat(_path, FileCalls.AT_SYMLINK_NOFOLLOW, out var there) == 0
        && mine.IsSameFileAs(there);

    /// <summary>Gives it back. The file stays.</summary>
    public void Dispose()
    {
        var descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            _ = FileCalls.Close(descriptor);
        }
    }
}
