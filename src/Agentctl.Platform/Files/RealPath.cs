using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>A path without symbolic links, <c>.</c> and <c>..</c>: two names of one directory have the same.</summary>
public static unsafe partial class RealPath
{
    /// <summary>Null when there is no such thing, or it may not be reached.</summary>
    public static string? TryResolve(string path)
    {
        ThisSystem.RequireLinux("Real paths");
        fixed (byte* bytes = FileCalls.Bytes(path))
        {
            var resolved = Resolve(bytes, null);
            if (resolved is null)
            {
                return null;
            }

            try
            {
                return Marshal.PtrToStringUTF8((nint)resolved);
            }
            finally
            {
                NativeMemory.Free(resolved);
            }
        }
    }

    /// <summary>realpath(3): a text to free, or null and errno.</summary>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true)]
    private static partial byte* Resolve(byte* path, byte* into);
}
