using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>posix_spawn(3) and what belongs to it. The posix_* functions return an errno; the others return -1 and set errno.</summary>
internal static unsafe partial class SpawnCalls
{
    /// <summary>glibc: posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128; one size holds each.</summary>
    public const int OpaqueSizeBytes = 512;

    public const short SetSignalDefaults = 0x04;
    public const short SetSignalMask = 0x08;
    public const short SetSession = 0x80;

    /// <summary>posix_spawn(3): 0 or an errno; exec failures are reported here too.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    public static partial int Spawn(out int pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** environment);

    /// <summary>posix_spawnp(3): the same, and the program is searched on our PATH.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    public static partial int SpawnFromPath(out int pid, byte* file, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static partial int SetDefaultSignals(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static partial int SetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static partial int EmptySignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigaddset", SetLastError = true)]
    public static partial int AddSignal(byte* signals, int number);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static partial int AllSignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    public static partial int AddOpen(byte* actions, int descriptor, byte* path, int flags, uint mode);

    /// <summary>Equal descriptors lose their close-on-exec flag (glibc 2.29).</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np")]
    public static partial int AddDirectory(byte* actions, byte* path);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    public static partial int AddCloseFrom(byte* actions, int lowest);

    /// <summary>waitpid(2): the pid, 0 when it still runs (WNOHANG), or -1.</summary>
    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int Wait(int pid, out int status, int options);
}
