using System.Buffers.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// When this machine was booted, from the line <c>btime 1795212345</c> of /proc/stat, proc_stat(5). It moves when the clock is set,
/// so it is read once per table, never kept longer.
/// </summary>
internal static class BootTime
{
    public static DateTimeOffset Read()
    {
        var content = (ReadOnlySpan<byte>)(ProcFile.ReadAll("/proc/stat\0"u8, out var errno)
            ?? throw new CannotLookException($"cannot read /proc/stat: {Errno.Text(errno)}"));
        var at = content.IndexOf("\nbtime "u8);
        return at >= 0 && Utf8Parser.TryParse(content[(at + 7)..], out long seconds, out _)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new CannotLookException("/proc/stat has no line 'btime'");
    }
}
