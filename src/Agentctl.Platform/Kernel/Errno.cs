using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>Error numbers of errno(3) that code decides on, and the exception each failure becomes. Linux numbers.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int EEXIST = 17;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int ENOMEM = 12;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOSPC = 28;
    public const int ENAMETOOLONG = 36;
    public const int ENOSYS = 38;
    public const int ELOOP = 40;
    public const int ENOBUFS = 105;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>The thing is not there, or not any more; nothing can have a name that is too long.</summary>
    public static bool IsAbsent(int errno) => errno is ENOENT or ENOTDIR or ESRCH or ENAMETOOLONG;

    public static bool IsForbidden(int errno) => errno is EACCES or EPERM;

    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>What failed, on which thing, and why: <c>cannot open /x: Permission denied</c>.</summary>
    public static Exception Failed(string action, string thing, int errno)
    {
        var message = $"cannot {action} {thing}: {Text(errno)}{(errno == EMFILE ? $"; this process may have {DescriptorLimit.Current} open (see: ulimit -n)" : "")}";
        return IsForbidden(errno) ? new UnauthorizedAccessException(message)
            : errno == ENOENT ? new FileNotFoundException(message, thing)
            : new IOException(message, errno);
    }
}
