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

    /// <summary>A descriptor that names a directory without reading it, or the negative error number.</summary>
    public static int OpenDirectory(ReadOnlySpan<byte> pathWithZero)
    {
        fixed (byte* path = pathWithZero)
        {
            var descriptor = FileCalls.Open(path, FileCalls.O_PATH | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC, 0);
            return descriptor >= 0 ? descriptor : -Errno.Last;
        }
    }

    /// <summary>Reads what fits; the number of bytes, or the negative error number.</summary>
    public static int ReadSmall(int directory, ReadOnlySpan<byte> pathWithZero, Span<byte> to)
    {
        fixed (byte* path = pathWithZero, buffer = to)
        {
            var descriptor = FileCalls.OpenAt(directory, path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC, 0);
            if (descriptor < 0)
            {
                return -Errno.Last;
            }

            var read = FileCalls.Read(descriptor, buffer, (nuint)to.Length);
            var result = read < 0 ? -Errno.Last : (int)read;
            _ = FileCalls.Close(descriptor);
            return result;
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
        fixed (byte* path = pathWithZero)
        {
            var descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC, 0);
            if (descriptor < 0)
            {
                errno = Errno.Last;
                return null;
            }

            var content = new byte[4096];
            var length = 0;
            while (true)
            {
                nint read;
                fixed (byte* to = &content[length])
                {
                    read = FileCalls.Read(descriptor, to, (nuint)(content.Length - length));
                }

                if (read <= 0)
                {
                    errno = read < 0 ? Errno.Last : 0;
                    if (errno == Errno.EINTR)
                    {
                        continue;
                    }

                    _ = FileCalls.Close(descriptor);
                    return errno == 0 ? content[..length] : null;
                }

                length += (int)read;
                if (length == content.Length)
                {
                    Array.Resize(ref content, content.Length * 4);
                }
            }
        }
    }

    /// <summary>The numbers among the names in a directory; null with the error number when it cannot be read.</summary>
    public static List<int>? Numbers(ReadOnlySpan<byte> pathWithZero, out int errno)
    {
        int descriptor;
        fixed (byte* path = pathWithZero)
        {
            descriptor = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_CLOEXEC, 0);
        }

        if (descriptor < 0)
        {
            errno = Errno.Last;
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
