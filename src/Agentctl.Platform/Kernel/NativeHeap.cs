using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>
/// The C library's memory, which native libraries take and the garbage collector knows nothing of. Glibc gives each thread that
/// asks for some an arena of its own, and keeps there what was freed: SQLite's two megabytes, once for every pool thread that
/// ever read a database. Other C libraries do neither; there this does nothing.
/// </summary>
public static partial class NativeHeap
{
    private const int ArenaMax = -8; // M_ARENA_MAX in malloc.h

    /// <summary>What one thread has freed the next one uses. Once, before there are many threads.</summary>
    public static void ShareBetweenThreads() => IfItIsGlibc(static () => _ = SetOption(ArenaMax, 1));

    /// <summary>Gives what is free back to the system.</summary>
    public static void GiveBack() => IfItIsGlibc(static () => _ = Trim(0));

    private static void IfItIsGlibc(Action call)
    {
        try
        {
            call();
        }
        catch (Exception absent) when (absent is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library: it has no such functions, and no need for them.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keptAtTheTop);
}
