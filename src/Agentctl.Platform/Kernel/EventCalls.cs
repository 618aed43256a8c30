using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>epoll(7), eventfd(2) and inotify(7); -1 and errno on failure.</summary>
internal static unsafe partial class EventCalls
{
    private const int EPOLL_CLOEXEC = 0x80000;
    private const int EPOLL_CTL_ADD = 1;
    private const int EPOLL_CTL_DEL = 2;
    private const uint EPOLLIN = 1;

    private const int NONBLOCK_CLOEXEC = 0x80800;

    public const uint IN_MODIFY = 0x2;
    public const uint IN_ATTRIB = 0x4;
    public const uint IN_MOVED_FROM = 0x40;
    public const uint IN_MOVED_TO = 0x80;
    public const uint IN_CREATE = 0x100;
    public const uint IN_DELETE = 0x200;
    public const uint IN_DELETE_SELF = 0x400;
    public const uint IN_MOVE_SELF = 0x800;
    public const uint IN_UNMOUNT = 0x2000;
    public const uint IN_Q_OVERFLOW = 0x4000;
    public const uint IN_IGNORED = 0x8000;
    public const uint IN_ONLYDIR = 0x1000000;
    public const uint IN_DONT_FOLLOW = 0x2000000;
    public const uint IN_EXCL_UNLINK = 0x4000000;
    public const uint IN_MASK_ADD = 0x20000000;
    public const uint IN_ISDIR = 0x40000000;

    // struct epoll_event is packed on x86-64 only.
    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int TokenOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollCtl(int epoll, int operation, int descriptor, byte* what);

    /// <summary>epoll_wait(2): number of events</summary>
    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int InotifyInit1(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
    private static partial int InotifyAddWatch(int inotify, byte* path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int InotifyRemoveWatch(int inotify, int watch);

    public static int CreateEpoll() => EpollCreate1(EPOLL_CLOEXEC) is >= 0 and var descriptor ? descriptor : -Errno.Last;

    public static int CreateEvent() => EventFd(0, NONBLOCK_CLOEXEC) is >= 0 and var descriptor ? descriptor : -Errno.Last;

    public static int CreateInotify() => InotifyInit1(NONBLOCK_CLOEXEC) is >= 0 and var descriptor ? descriptor : -Errno.Last;

    /// <summary>The watch, or the negative error number.</summary>
    public static int AddWatch(int inotify, string path, uint mask)
    {
        fixed (byte* bytes = FileCalls.Bytes(path))
        {
            return InotifyAddWatch(inotify, bytes, mask) is >= 0 and var watch ? watch : -Errno.Last;
        }
    }

    /// <summary>0, or the error number.</summary>
    public static int Add(int epoll, int descriptor, long token)
    {
        var what = stackalloc byte[16];
        *(uint*)what = EPOLLIN;
        *(long*)(what + TokenOffset) = token;
        return EpollCtl(epoll, EPOLL_CTL_ADD, descriptor, what) == 0 ? 0 : Errno.Last;
    }

    public static int Remove(int epoll, int descriptor)
    {
        var unused = stackalloc byte[16];
        return EpollCtl(epoll, EPOLL_CTL_DEL, descriptor, unused) == 0 ? 0 : Errno.Last;
    }

    public static long Token(byte* events, int index) => *(long*)(events + (index * EventSize) + TokenOffset);
}
