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

    /// <summary>umask(2): the mask of before; cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "umask")]
    public static partial uint SetMask(uint mask);
}
