using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>Whether a descriptor is a terminal, and how large: isatty(3), ioctl_tty(2) TIOCGWINSZ.</summary>
public static partial class TerminalSize
{
    /// <summary>Columns and rows; zero where the terminal does not say. Null when the descriptor is no terminal.</summary>
    public static (int Columns, int Rows)? Of(int descriptor)
    {
        if (isatty(descriptor) == 0)
        {
            return null;
        }

        if (!OperatingSystem.IsLinux() || ioctl(descriptor, WindowSizeRequest, out var size) != 0)
        {
            return (0, 0);
        }

        return (size.Columns, size.Rows);
    }

    private const nuint WindowSizeRequest = 0x5413;

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        private readonly ushort horizontalPixels;
        private readonly ushort verticalPixels;
    }

    /// <summary>1 for a terminal, else 0.</summary>
    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    /// <summary>0, or -1 when the descriptor has no size.</summary>
    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, out WindowSize size);
}
