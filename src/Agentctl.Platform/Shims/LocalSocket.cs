using System.Text;

namespace Agentctl.Platform;

/// <summary>A Unix socket without System.Net: for a program that must stay small. Non-blocking; closes with <see cref="Dispose"/>.</summary>
public sealed unsafe class LocalSocket : IDisposable
{
    private const int NonBlockingStream = 1 | 0x80000 | 0x800;
    private const int AcceptFlags = 0x80000 | 0x800;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;
    private const int Backlog = 64;
    private const uint OwnerOnly = 0x180; // 0600

    // struct sockaddr_un: the family in two bytes, then the path.
    private const int AddressBytes = 110;
    private const int PathAt = 2;

    private LocalSocket(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; private set; }

    /// <summary>The process that connected; 0 when it is not known.</summary>
    public int PeerPid { get; private init; }

    /// <summary>Binds and listens, for this user alone. A stale file of that name is replaced.</summary>
    /// <exception cref="IOException">It cannot listen there; says why.</exception>
    public static LocalSocket Listen(string path)
    {
        File.Delete(path);
        using var name = UnixSocketName.TryOpen(path) ?? throw new IOException($"cannot listen on {path}: its directory is gone");
        var descriptor = SocketCalls.Create(SocketCalls.UnixDomain, NonBlockingStream, 0);
        if (descriptor < 0)
        {
            throw Errno.Failed("listen on", path, Errno.Last);
        }

        var socket = new LocalSocket(descriptor);
        var address = stackalloc byte[AddressBytes];
        new Span<byte>(address, AddressBytes).Clear();
        *(ushort*)address = SocketCalls.UnixDomain;
        Encoding.UTF8.GetBytes(name.ReachedAs, new Span<byte>(address + PathAt, AddressBytes - PathAt - 1));
        if (SocketCalls.Bind(descriptor, address, AddressBytes) != 0 || SocketCalls.Listen(descriptor, Backlog) != 0)
        {
            var errno = Errno.Last;
            socket.Dispose();
            throw Errno.Failed("listen on", path, errno);
        }

        // The file's mode, not the process's mask: the agent would inherit that.
        fixed (byte* file = FileCalls.Bytes(path))
        {
            if (FileCalls.ChMod(file, OwnerOnly) != 0)
            {
                var errno = Errno.Last;
                socket.Dispose();
                throw Errno.Failed("close to others", path, errno);
            }
        }

        return socket;
    }

    /// <summary>Takes over a descriptor that was given to this process.</summary>
    public static LocalSocket Adopt(int descriptor) => new(descriptor);

    /// <summary>The next connection of our own user; null when there is none. Those of other users are closed.</summary>
    /// <param name="isRefused">A connection may be waiting, but the kernel cannot hand it over now: no descriptor or no memory is left.</param>
    public LocalSocket? Accept(out bool isRefused)
    {
        var credentials = stackalloc uint[3];
        while (true)
        {
            var accepted = SocketCalls.Accept(Descriptor, null, null, AcceptFlags);
            if (accepted < 0)
            {
                isRefused = Errno.Last is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS;
                return null;
            }

            isRefused = false;
            uint length = 3 * sizeof(uint);
            if (SocketCalls.GetOption(accepted, SOL_SOCKET, SO_PEERCRED, (byte*)credentials, &length) == 0 && credentials[1] == ProcessCalls.EffectiveUserId())
            {
                return new LocalSocket(accepted) { PeerPid = (int)credentials[0] };
            }

            _ = FileCalls.Close(accepted);
        }
    }

    /// <summary>Reads what is there: the number of bytes, 0 at the end, null when nothing is there now.</summary>
    public int? Receive(Span<byte> into)
    {
        fixed (byte* to = into)
        {
            var read = FileCalls.Read(Descriptor, to, (nuint)into.Length);
            return read >= 0 ? (int)read : Errno.Last is Errno.EAGAIN or Errno.EINTR ? null : 0;
        }
    }

    /// <summary>Sends a short text; false when the other side is gone or does not take it.</summary>
    public bool Send(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* from = bytes)
        {
            return SocketCalls.Send(Descriptor, from, (nuint)bytes.Length, MSG_NOSIGNAL) == bytes.Length;
        }
    }

    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            _ = FileCalls.Close(Descriptor);
            Descriptor = -1;
        }
    }
}
