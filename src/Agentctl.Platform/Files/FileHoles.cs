using Microsoft.Win32.SafeHandles;

namespace Agentctl.Platform;

/// <summary>
/// Finds the holes of a sparse file: ranges that read as zeros and take no space. Where the file system does not know, there are none.
/// lseek(2), SEEK_DATA.
/// </summary>
internal static class FileHoles
{
    private const int SeekData = 3;

    /// <summary>Only zero bytes: it may be part of a hole.</summary>
    public static bool IsEmpty(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    /// <summary>Where the hole at an offset ends: the offset itself where there is no hole, and <paramref name="end"/> at most.</summary>
    public static long DataAfter(SafeFileHandle file, long offset, long end)
    {
        var found = FileCalls.Seek((int)file.DangerousGetHandle(), offset, SeekData);
        return found < 0 && Errno.Last == Errno.ENXIO ? Math.Max(offset, end) : Math.Clamp(found, offset, Math.Max(offset, end));
    }

    /// <summary>Where the hole before an offset begins, to a block; the offset itself where there is no hole.</summary>
    public static long DataBefore(SafeFileHandle file, long offset, long blockBytes)
    {
        var start = offset;
        var step = blockBytes;
        while (start > 0 && DataAfter(file, Math.Max(0, start - step), start) == start)
        {
            start = Math.Max(0, start - step);
            step = Math.Min(step * 2, long.MaxValue / 4);
        }

        // Data lies somewhere in the last step: halve it until a block is left.
        for (step /= 2; step >= blockBytes; step /= 2)
        {
            if (start > step && DataAfter(file, start - step, start) == start)
            {
                start -= step;
            }
        }

        return start;
    }
}
