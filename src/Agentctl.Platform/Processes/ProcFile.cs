using System.Buffers.Text;
using System.Text;

namespace Agentctl.Platform;

/// <summary>Raw reads below /proc. "Gone" is an answer; everything else that goes wrong is told by error number.</summary>
internal static unsafe class ProcFile
{
    public const int LongestPath = 64;

    /// <summary>Writes <c>/proc/&lt;pid&gt;/&lt;name&gt;</c> and a zero.</summary>
    public static Span<byte> PathOf(int pid, ReadOnlySpan<byte> name, Span<byte> to)
    {
        "/proc/"u8.CopyTo(to);
        Utf8Formatter.TryFormat(pid, to[6..], out var digits);
        var at = 6 + digits;
        if (!name.IsEmpty)
        {
            to[at++] = (byte)'/';
            name.CopyTo(to[at..]);
            at += name.Length;
        }

        to[at++] = 0;
        return to[..at];
    }

    /// <summary>
    /// Reads /proc/&lt;pid&gt;/stat, and who the process acts as; the number of bytes, or the negative error number.
    /// </summary>
    public static int ReadStat(int pid, Span<byte> to, out uint userId)
    {
        userId = 0;
        Span<byte> path = stackalloc byte[LongestPath];
        var descriptor = Open(PathOf(pid, "stat"u8, path));
        if (descriptor < 0)
        {
            return descriptor;
        }

        // The directory belongs to the effective user, even where its files belong to root (proc_pid(5)). It is looked at between
        // opening and reading: the read succeeds only if the process still lives, so the name meant it all the time.
        int errno;
        FileStatus status;
        fixed (byte* directory = PathOf(pid, [], path))
        {
            errno = FileCalls.Stat(FileCalls.AT_FDCWD, directory, 0, out status);
        }

        userId = status.UserId;
        var length = errno != 0 ? -errno : Read(descriptor, to);
        _ = FileCalls.Close(descriptor);
        return length;
    }

    /// <summary>Reads /proc/&lt;pid&gt;/stat; the number of bytes, or the negative error number.</summary>
    public static int ReadStat(int pid, Span<byte> to)
    {
        Span<byte> path = stackalloc byte[LongestPath];
        var descriptor = Open(PathOf(pid, "stat"u8, path));
        if (descriptor < 0)
        {
            return descriptor;
        }

        var length = Read(descriptor, to);
        _ = FileCalls.Close(descriptor);
        return length;
    }

    private static int Open(ReadOnlySpan<byte> pathWithZero)
    {
        fixed (byte* path = pathWithZero)
        {
            var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC, 0);
            return descriptor >= 0 ? descriptor : -Errno.Last;
        }
    }

    /// <summary>One read gives the whole of a small file of /proc.</summary>
    private static int Read(int descriptor, Span<byte> to)
    {
        fixed (byte* buffer = to)
        {
            var length = FileCalls.Read(descriptor, buffer, (nuint)to.Length);
            return length >= 0 ? (int)length : -Errno.Last;
        }
    }

    /// <summary>The whole of one file of a process, whatever its size; null with the error number when it cannot be read.</summary>
    public static byte[]? ReadAll(int pid, ReadOnlySpan<byte> name, out int errno)
    {
        Span<byte> path = stackalloc byte[LongestPath];
        return ReadAll(PathOf(pid, name, path), out errno);
    }

    public static byte[]? ReadAll(ReadOnlySpan<byte> pathWithZero, out int errno)
    {
        var descriptor = Open(pathWithZero);
        if (descriptor < 0)
        {
            errno = -descriptor;
            return null;
        }

        var content = new byte[4096];
        var length = 0;
        int read;
        while ((read = Read(descriptor, content.AsSpan(length))) is > 0 or -Errno.EINTR)
        {
            length += Math.Max(0, read);
            if (length == content.Length)
            {
                Array.Resize(ref content, content.Length * 4);
            }
        }

        _ = FileCalls.Close(descriptor);
        errno = read < 0 ? -read : 0;
        return errno == 0 ? content[..length] : null;
    }

    /// <summary>The numbers among the names in a directory; null with the error number when it cannot be read.</summary>
    public static List<int>? Numbers(ReadOnlySpan<byte> pathWithZero, out int errno)
    {
        var descriptor = Open(pathWithZero);
        if (descriptor < 0)
        {
            errno = -descriptor;
            return null;
        }

        var numbers = new List<int>(256);
        Span<byte> buffer = stackalloc byte[DirectoryReader.BufferBytes];
        var names = new DirectoryReader(descriptor, buffer);
        while (names.Next())
        {
            if (Utf8Parser.TryParse(names.Name, out int number, out var used) && used == names.Name.Length)
            {
                numbers.Add(number);
            }
        }

        _ = FileCalls.Close(descriptor);
        errno = names.Errno;
        return errno == 0 ? numbers : null;
    }

    public static string? ReadLink(int pid, ReadOnlySpan<byte> name, out int errno)
    {
        Span<byte> path = stackalloc byte[LongestPath];
        return FileCalls.ReadLink(PathOf(pid, name, path), out errno);
    }

    /// <summary>The number in <c>pid:[4026531836]</c>, what the links below /proc/&lt;pid&gt;/ns read.</summary>
    public static ulong? NamespaceNumber(string? link) =>
        link is not null && link.IndexOf('[') is var open and >= 0 && ulong.TryParse(link.AsSpan(open + 1).TrimEnd(']'), out var number)
            ? number
            : null;

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
