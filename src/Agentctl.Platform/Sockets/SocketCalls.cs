using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>What sockets of ours need beside System.Net.Sockets.</summary>
internal static unsafe partial class SocketCalls
{
    /// <summary>AF_UNIX.</summary>
    public const int UnixDomain = 1;

    /// <summary>SOCK_STREAM | SOCK_CLOEXEC.</summary>
    public const int StreamCloseOnExec = 1 | 0x80000;

    /// <summary>socketpair(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    public static partial int Pair(int domain, int type, int protocol, int* pair);

    /// <summary>socket(2)</summary>
    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Create(int domain, int type, int protocol);

    /// <summary>bind(2)</summary>
    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, byte* address, uint length);

    /// <summary>listen(2)</summary>
    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int socket, int backlog);

    /// <summary>accept4(2): a new socket, or -1 and errno</summary>
    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int socket, byte* address, uint* length, int flags);

    /// <summary>send(2): bytes sent, or -1 and errno</summary>
    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* bytes, nuint length, int flags);

    /// <summary>getsockopt(2)</summary>
    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int name, byte* value, uint* length);

    /// <summary>umask(2): the mask of before; cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial uint SetMask(uint mask);
}
