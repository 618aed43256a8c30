using System.Buffers.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// One line of /proc/&lt;pid&gt;/stat, proc_pid_stat(5):
/// <code>4711 (tmux: server (x)) S 1 4711 4711 0 -1 4194368 1172 0 0 0 1 0 0 0 20 0 1 0 159413 8323072 …</code>
/// The command may hold anything, also <c>)</c> and spaces: fields are counted from the last <c>)</c>.
/// </summary>
internal readonly record struct ProcStat(string Comm, char State, int ParentPid, int ProcessGroup, int SessionId, int TerminalDevice, ulong StartTicks, bool IsGone)
{
    /// <summary>Enough for every line: 52 numbers and a command of 64 bytes.</summary>
    public const int LongestLine = 1280;

    public static ProcStat? Parse(ReadOnlySpan<byte> line)
    {
        var open = line.IndexOf((byte)'(');
        var close = line.LastIndexOf((byte)')');
        if (open < 0 || close < open)
        {
            return null;
        }

        var rest = line[(close + 1)..].Trim((byte)' ');
        char state = '\0';
        int parent = 0, group = 0, session = 0, terminal = 0, threads = 0;
        ulong startTicks = 0;
        for (var field = 3; !rest.IsEmpty; field++)
        {
            var end = rest.IndexOf((byte)' ');
            var value = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            switch (field)
            {
                case 3:
                    state = (char)value[0];
                    break;
                case 4 when Utf8Parser.TryParse(value, out parent, out _):
                case 5 when Utf8Parser.TryParse(value, out group, out _):
                case 6 when Utf8Parser.TryParse(value, out session, out _):
                case 7 when Utf8Parser.TryParse(value, out terminal, out _):
                case 20 when Utf8Parser.TryParse(value, out threads, out _):
                case 22 when Utf8Parser.TryParse(value, out startTicks, out _):
                    break;
                case 38:
                    // The signal sent at its end; -1 is the kernel's own mark of a thread that is not a process. Thread ids
                    // resolve below /proc although they are not listed there.
                    var isThread = value.SequenceEqual("-1"u8);
                    // A leader that ended while other threads still run shows Z too, and is not gone.
                    var isGone = isThread || state is 'X' or 'x' || (state == 'Z' && threads <= 1);
                    return new ProcStat(ProcFile.Text(line[(open + 1)..close]), state, parent, group, session, terminal, startTicks, isGone);
            }
        }

        return null;
    }

    /// <summary>The start ticks of the living process with this pid; null when there is none.</summary>
    /// <exception cref="CannotLookException">There may be one, and it could not be read.</exception>
    public static ulong? StartTicksOf(int pid)
    {
        Span<byte> line = stackalloc byte[LongestLine];
        var length = ProcFile.ReadStat(pid, line);
        if (length < 0)
        {
            return Errno.IsAbsent(-length) ? null : throw CannotRead(pid, -length);
        }

        return Parse(line[..length]) is { IsGone: false } stat ? stat.StartTicks : null;
    }

    public static CannotLookException CannotRead(int pid, int errno) =>
        new($"cannot read /proc/{pid}/stat: {Errno.Text(errno)}; whether the process lives is not known");
}
