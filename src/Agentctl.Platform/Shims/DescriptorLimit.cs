using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>How many descriptors this process may have open, getrlimit(2).</summary>
public static partial class DescriptorLimit
{
    private const int RLIMIT_NOFILE = 7;

    /// <summary>The limit that is in force; <see cref="int.MaxValue"/> when there is none.</summary>
    public static int Current => Get(RLIMIT_NOFILE, out var limit) == 0 && limit.Current < int.MaxValue ? (int)limit.Current : int.MaxValue;

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Most;
    }

    /// <summary>getrlimit(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int Get(int resource, out Limit limit);
}
