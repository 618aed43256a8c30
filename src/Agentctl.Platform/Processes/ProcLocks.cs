using System.Buffers.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// /proc/locks, proc_locks(5). Lines with an arrow wait for the lock of the line above and hold nothing:
/// <code>
/// 3: FLOCK  ADVISORY  WRITE 4711 fe:01:393223 0 EOF
/// 3: -> FLOCK  ADVISORY  WRITE 4712 fe:01:393223 0 EOF
/// 4: OFDLCK ADVISORY  WRITE -1 00:1b:77 0 0
/// </code>
/// </summary>
internal static class ProcLocks
{
    public static IReadOnlyList<HeldLock> Read() => Parse(
        ProcFile.ReadAll("/proc/locks\0"u8, out var errno)
        ?? throw new CannotLookException($"cannot read /proc/locks: {Errno.Text(errno)}"));

    internal static IReadOnlyList<HeldLock> Parse(ReadOnlySpan<byte> content)
    {
        var locks = new List<HeldLock>();
        while (!content.IsEmpty)
        {
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            content = end < 0 ? [] : content[(end + 1)..];
            _ = Word(ref line);
            var kind = Word(ref line);
            if (KindOf(kind) is not { } known)
            {
                continue;
            }

            _ = Word(ref line);
            _ = Word(ref line);
            var holder = Word(ref line);
            var file = Word(ref line);
            if (Utf8Parser.TryParse(holder, out int pid, out _)
                && Utf8Parser.TryParse(file[(file.LastIndexOf((byte)':') + 1)..], out ulong inode, out _))
            {
                locks.Add(new HeldLock(known, pid, inode));
            }
        }

        return locks;
    }

    /// <summary>Null for waiters (<c>-></c>) and for leases, which are no locks.</summary>
    private static string? KindOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("FLOCK"u8) ? "FLOCK"
        : word.SequenceEqual("POSIX"u8) ? "POSIX"
        : word.SequenceEqual("OFDLCK"u8) ? "OFDLCK"
        : null;

    private static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        var end = line.IndexOf((byte)' ');
        var word = end < 0 ? line : line[..end];
        line = end < 0 ? [] : line[end..];
        return word;
    }
}
