using System.Runtime.InteropServices;
using System.Text;

namespace Agentctl.Platform;

/// <summary>
/// File calls of libc. Paths are bytes ended by a zero; every call returns -1 on failure with the reason in errno.
/// open(2), fcntl(2) and syscall(2) are variadic in C: called like plain functions, which Linux's conventions allow.
/// </summary>
internal static unsafe partial class FileCalls
{
    public const int AT_FDCWD = -100;
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    // These two differ between x86 and arm (asm/fcntl.h).
    public static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x4000 : 0x10000;
    public static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_EMPTY_PATH = 0x1000;

    /// <summary>Take what is known without asking a file server.</summary>
    public const int AT_STATX_DONT_SYNC = 0x4000;

    private const uint STATX_BASIC_STATS = 0x7ff;

    /// <summary>open(2)</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags, uint mode);

    /// <summary>openat(2)</summary>
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    /// <summary>unlinkat(2)</summary>
    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int directory, byte* path, int flags);

    /// <summary>close(2)</summary>
    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>read(2)</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* buffer, nuint count);

    /// <summary>write(2)</summary>
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* buffer, nuint count);

    /// <summary>fsync(2)</summary>
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int FSync(int descriptor);

    /// <summary>rename(2)</summary>
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    public static partial int Rename(byte* from, byte* to);

    /// <summary>renameat2(2), glibc 2.28</summary>
    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    private static partial int RenameAt2(int fromDirectory, byte* from, int toDirectory, byte* to, uint flags);

    /// <summary>Renames unless the new name exists (EEXIST); 0 or the error number, EINVAL where the file system cannot do that.</summary>
    public static int RenameNew(byte* from, byte* to)
    {
        const uint RENAME_NOREPLACE = 1;
        return RenameAt2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : Errno.Last;
    }

    /// <summary>unlink(2)</summary>
    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
    public static partial int Unlink(byte* path);

    /// <summary>mkdir(2)</summary>
    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    public static partial int MkDir(byte* path, uint mode);

    /// <summary>fdatasync(2)</summary>
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int FDataSync(int descriptor);

    /// <summary>ioctl(2), for requests that give one number.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int IOControl(int descriptor, nuint request, int* value);

    /// <summary>lseek(2)</summary>
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    /// <summary>fallocate(2)</summary>
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int FAllocate(int descriptor, int mode, long offset, long length);

    /// <summary>chdir(2)</summary>
    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true)]
    public static partial int ChDir(byte* path);

    /// <summary>fcntl(2) with a number</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FCntl(int descriptor, int command, nint argument);

    /// <summary>pipe2(2)</summary>
    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* pair, int flags);

    /// <summary>chmod(2)</summary>
    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    public static partial int ChMod(byte* path, uint mode);

    /// <summary>fchmod(2)</summary>
    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int FChMod(int descriptor, uint mode);

    /// <summary>readlink(2); does not end the text with a zero.</summary>
    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    public static partial nint ReadLink(byte* path, byte* buffer, nuint size);

    /// <summary>getdents64(2), glibc 2.30</summary>
    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint GetDents64(int directory, byte* buffer, nuint size);

    /// <summary>statx(2), glibc 2.28</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    private static partial int StatX(int directory, byte* path, int flags, uint mask, FileStatus* status);

    /// <summary>statfs(2); the first field is the file system's magic number.</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true)]
    public static partial int StatFs(byte* path, byte* buffer);

    /// <summary>0, or the error number.</summary>
    public static int Stat(int directory, byte* path, int flags, out FileStatus status)
    {
        fixed (FileStatus* to = &status)
        {
            return StatX(directory, path, flags, STATX_BASIC_STATS, to) == 0 ? 0 : Errno.Last;
        }
    }

    public static int Stat(string path, int flags, out FileStatus status)
    {
        fixed (byte* bytes = Bytes(path))
        {
            return Stat(AT_FDCWD, bytes, flags, out status);
        }
    }

    public static int StatOpen(int descriptor, out FileStatus status)
    {
        byte empty = 0;
        return Stat(descriptor, &empty, AT_EMPTY_PATH, out status);
    }

    /// <summary>Opens; returns the descriptor, or the negative error number. Repeats when a signal interrupts.</summary>
    public static int Open(string path, int flags, uint mode = 0)
    {
        fixed (byte* bytes = Bytes(path))
        {
            int descriptor;
            do
            {
                descriptor = Open(bytes, flags | O_CLOEXEC, mode);
            }
            while (descriptor < 0 && Errno.Last == Errno.EINTR);
            return descriptor >= 0 ? descriptor : -Errno.Last;
        }
    }

    /// <summary>A path as libc wants it. A zero inside would silently name another file.</summary>
    /// <exception cref="ArgumentException">The path is empty or holds a zero.</exception>
    public static byte[] Bytes(string path)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new ArgumentException($"not a path: '{path.Replace("\0", "\\0", StringComparison.Ordinal)}'", nameof(path));
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>The target of a symbolic link, or null with the error number.</summary>
    public static string? ReadLink(ReadOnlySpan<byte> pathWithZero, out int errno)
    {
        const int Longest = 4096;
        var buffer = stackalloc byte[Longest];
        fixed (byte* path = pathWithZero)
        {
            var length = ReadLink(path, buffer, Longest);
            errno = length < 0 ? Errno.Last : 0;
            return length < 0 ? null : Encoding.UTF8.GetString(buffer, (int)length);
        }
    }
}

/// <summary>struct statx, the fields we read; the layout is the same on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    [FieldOffset(20)] public uint UserId;
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(112)] public long ModifiedSeconds;
    [FieldOffset(120)] public uint ModifiedNanoseconds;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;

    private const int TypeMask = 0xF000;
    private const int WritableByOthersMask = 0x12; // 0022

    public readonly bool IsWritableByOthers => (Mode & WritableByOthersMask) != 0;
    public readonly bool IsRegular => (Mode & TypeMask) == 0x8000;
    public readonly bool IsDirectory => (Mode & TypeMask) == 0x4000;
    public readonly bool IsPipe => (Mode & TypeMask) == 0x1000;
    public readonly bool IsLink => (Mode & TypeMask) == 0xA000;

    public readonly bool IsSameFileAs(in FileStatus other) =>
        Inode == other.Inode && DeviceMajor == other.DeviceMajor && DeviceMinor == other.DeviceMinor;

    /// <summary>File systems keep times far outside the calendar of .NET: such a file is as old, or as new, as a file can be.</summary>
    public readonly DateTimeOffset ModifiedAt =>
        DateTimeOffset.UnixEpoch.AddTicks((Math.Clamp(ModifiedSeconds, Earliest, Latest) * TimeSpan.TicksPerSecond) + (ModifiedNanoseconds / 100));

    // A day from either end, so that a caller may add a tolerance.
    private static readonly long Earliest = DateTimeOffset.MinValue.AddDays(1).ToUnixTimeSeconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.AddDays(-1).ToUnixTimeSeconds();
}
