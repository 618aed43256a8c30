using System.Globalization;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// Which process holds byte 0 of a lease, according to the kernel's list of locks (proc_pid_fdinfo(5)). Records, names and sockets can
/// be forged by an agent; this cannot.
/// </summary>
public static class LeaseHolder
{
    /// <summary>
    /// The shim that holds the lease; null when there is none, or none of this pid namespace. A command that is starting the shim holds
    /// the same lock for a moment: only a session leader with the lease on the shim's own descriptor is a shim.
    /// </summary>
    /// <param name="hint">The pid that the record names: checked first, because looking at every process is expensive.</param>
    public static ProcessEntry? FindShim(string leasePath, IProcessTable table, int? hint = null)
    {
        if (hint is { } pid && table.Find(pid) is { } named && IsShim(named, leasePath, table))
        {
            return named;
        }

        return table.All.FirstOrDefault(process => IsShim(process, leasePath, table));
    }

    /// <summary>
    /// Whether a process is the shim that holds this lease; null when that cannot be determined, because its descriptors may not be
    /// read or it belongs to another pid namespace (pid 0).
    /// </summary>
    public static bool? IsShim(int pid, string leasePath)
    {
        if (pid <= 0)
        {
            return null;
        }

        var errno = FileCalls.Stat($"/proc/{pid}/fd/{DetachedOptions.LeaseDescriptor}", 0, out var open);
        if (errno != 0)
        {
            return Errno.IsForbidden(errno) ? null : false;
        }

        return FileCalls.Stat(leasePath, FileCalls.AT_SYMLINK_NOFOLLOW, out var lease) == 0
            && open.IsSameFileAs(lease)
            && HoldsFirstByte(pid, DetachedOptions.LeaseDescriptor);
    }

    /// <summary>Whether the open file behind a descriptor of a process holds the lock on byte 0.</summary>
    internal static bool HoldsFirstByte(int pid, int descriptor) => HoldsByte(pid, descriptor, " 0 0"u8);

    // lock:	1: OFDLCK  ADVISORY  WRITE -1 fe:01:393223 0 0
    internal static bool HoldsByte(int pid, int descriptor, ReadOnlySpan<byte> range)
    {
        var name = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"fdinfo/{descriptor}"));
        var content = (ReadOnlySpan<byte>)ProcFile.ReadAll(pid, name, out _);
        while (content.IndexOf("lock:"u8) is >= 0 and var at)
        {
            content = content[at..];
            var end = content.IndexOf((byte)'\n');
            var line = end < 0 ? content : content[..end];
            if (line.IndexOf("OFDLCK"u8) >= 0 && line.EndsWith(range))
            {
                return true;
            }

            content = content[line.Length..];
        }

        return false;
    }

    private static bool IsShim(ProcessEntry process, string leasePath, IProcessTable table) =>
        process.UserId == table.UserId && process.SessionId == process.Pid && IsShim(process.Pid, leasePath) == true;
}
