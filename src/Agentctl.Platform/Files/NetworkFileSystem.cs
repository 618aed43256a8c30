namespace Agentctl.Platform;

/// <summary>File systems that other machines write to: inotify(7) tells only what this machine does. Numbers from statfs(2).</summary>
internal static unsafe class NetworkFileSystem
{
    /// <summary>The kind's name; null where all changes pass through this kernel, and where it cannot be told.</summary>
    public static string? NameOf(string path)
    {
        // Larger than struct statfs everywhere; its first field is the magic number.
        var status = stackalloc byte[512];
        fixed (byte* bytes = FileCalls.Bytes(path))
        {
            return FileCalls.StatFs(bytes, status) != 0 ? null : *(uint*)status switch
            {
                0x6969 => "NFS",
                0xFF534D42 or 0xFE534D42 or 0x517B => "SMB",
                0x00C36400 => "Ceph",
                0x65735546 => "FUSE",
                0x01021997 => "9p",
                0x5346414F or 0x6B414653 => "AFS",
                _ => null,
            };
        }
    }
}
