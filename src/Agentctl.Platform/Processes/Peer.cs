using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>Who is at the other end of a Unix socket.</summary>
public static class Peer
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    /// <summary>
    /// What the kernel noted when the peer connected, unix(7) SO_PEERCRED. The pid may have been given to another process since; 0 is
    /// a process of a pid namespace we cannot see.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">Not on this system.</exception>
    public static (int Pid, uint Uid, uint Gid) CredentialsOf(Socket unixSocket)
    {
        ThisSystem.RequireLinux("Peer credentials");
        Span<int> credentials = stackalloc int[3];
        unixSocket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, MemoryMarshal.AsBytes(credentials));
        return (credentials[0], (uint)credentials[1], (uint)credentials[2]);
    }
}
