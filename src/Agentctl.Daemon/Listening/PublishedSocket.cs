using System.Net.Sockets;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>
/// The socket file. It is bound under another name, made private, and renamed to its public name once it listens:
/// who finds the public name can connect, and a stale socket is replaced in one step. Only the holder of the home's lease may do this.
/// </summary>
internal sealed class PublishedSocket : IDisposable
{
    private readonly string path;
    private readonly string hidden;
    private readonly UnixSocketName name;
    private ulong? inode;

    private PublishedSocket(string path)
    {
        this.path = path;
        hidden = path + ".new";
        name = UnixSocketName.TryOpen(hidden) ?? throw new DirectoryNotFoundException($"the directory of {path} is gone");
    }

    /// <summary>Bound, not listening yet.</summary>
    public Socket Socket { get; } = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>A path of at most 107 bytes by which it was bound.</summary>
    public string ReachedAs => name.ReachedAs;

    public static PublishedSocket Bind(string path)
    {
        var bound = new PublishedSocket(path);
        try
        {
            File.Delete(bound.hidden);
            bound.Socket.Bind(bound.name.EndPoint);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(bound.hidden, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return bound;
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>From now on it is found.</summary>
    public void Publish()
    {
        File.Move(hidden, path, overwrite: true);
        inode = UnixSocketName.InodeOf(path);
    }

    /// <summary>The file with the public name is ours: not deleted, and not another daemon's in a home that was made anew.</summary>
    public bool IsFound => inode is not null && UnixSocketName.InodeOf(path) == inode;

    /// <summary>From now on nobody new finds it; who is connected stays so.</summary>
    public void Withdraw()
    {
        try
        {
            if (IsFound)
            {
                File.Delete(path);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next daemon replaces a file that nobody listens behind.
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        name.Dispose();
    }
}
