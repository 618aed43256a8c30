using System.Buffers;
using System.Globalization;
using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// Names as the kernel has them. .NET decodes the command line and the current directory as UTF-8 and loses bytes that are not, so that
/// a path names something else.
/// </summary>
public static unsafe class RawNames
{
    private const int LongestPath = 4096;

    /// <summary>The words of this process's command line, the program's own name first.</summary>
    public static IReadOnlyList<byte[]> CommandLine()
    {
        var all = File.ReadAllBytes("/proc/self/cmdline").AsSpan();
        var words = new List<byte[]>();
        while (!all.IsEmpty)
        {
            var end = all.IndexOf((byte)0);
            words.Add((end < 0 ? all : all[..end]).ToArray());
            all = end < 0 ? [] : all[(end + 1)..];
        }

        return words;
    }

    /// <summary>The path of the current directory.</summary>
    public static byte[] CurrentDirectory()
    {
        Span<byte> path = stackalloc byte[LongestPath];
        fixed (byte* name = "/proc/self/cwd\0"u8)
        fixed (byte* buffer = path)
        {
            var length = FileCalls.ReadLink(name, buffer, (nuint)path.Length);
            return length < 0 ? throw Errno.Failed("read", "/proc/self/cwd", Errno.Last) : path[..(int)length].ToArray();
        }
    }

    /// <summary>The name as text, when all of it is valid UTF-8; else null.</summary>
    public static string? TextOf(ReadOnlySpan<byte> name) => System.Text.Unicode.Utf8.IsValid(name) ? Encoding.UTF8.GetString(name) : null;

    /// <summary>The name with every byte that is not valid UTF-8 as <c>\xE9</c>.</summary>
    public static string Readable(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        while (!name.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(name, out var rune, out var length);
            if (status == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var one in name[..length])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{one:X2}");
                }
            }

            name = name[length..];
        }

        return text.ToString();
    }
}
