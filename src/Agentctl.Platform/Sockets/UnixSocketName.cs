using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>
/// The address of a Unix socket at any path: sun_path holds 108 bytes (unix(7)), so a longer one is reached through a descriptor
/// of its directory. Keep it until bind or connect is done.
/// </summary>
public sealed class UnixSocketName : IDisposable
{
    private const int LimitBytes = 107;
    private readonly SafeFileHandle? directory;

    private UnixSocketName(string reachedAs, SafeFileHandle? directory)
    {
        this.directory = directory;
        EndPoint = new UnixDomainSocketEndPoint(reachedAs);
        ReachedAs = reachedAs;
    }

    public UnixDomainSocketEndPoint EndPoint { get; }

    /// <summary>The short path: the path itself or one through /proc/self/fd.</summary>
    public string ReachedAs { get; }

    /// <summary>Null when the directory does not exist.</summary>
    /// <exception cref="IOException">The directory cannot be opened; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static UnixSocketName? TryOpen(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) <= LimitBytes)
        {
            return new UnixSocketName(path, null);
        }

        var parent = Path.GetDirectoryName(path)!;
        var descriptor = FileCalls.Open(parent, FileCalls.O_PATH | FileCalls.O_DIRECTORY);
        return descriptor >= 0
            ? new UnixSocketName($"/proc/self/fd/{descriptor}/{Path.GetFileName(path)}", new SafeFileHandle(descriptor, ownsHandle: true))
            : Errno.IsAbsent(-descriptor) ? null : throw Errno.Failed("open", parent, -descriptor);
    }

    /// <summary>Inode of the socket file at a path, null when there is none: tells one socket from its successor.</summary>
    public static ulong? InodeOf(string path)
    {
        var errno = FileCalls.Stat(path, FileCalls.AT_SYMLINK_NOFOLLOW, out var status);
        return errno == 0 ? status.Inode : Errno.IsAbsent(errno) ? null : throw Errno.Failed("look at", path, errno);
    }

    public void Dispose() => directory?.Dispose();
}
