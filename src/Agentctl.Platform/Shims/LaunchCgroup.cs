using System.Globalization;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// A cgroup of the launch's own, cgroups(7) version 2, below the one we are in: its members cannot leave it unseen. Controllers are not
/// needed. It is used where the kernel lets us make one, move a process, and kill it as a whole; elsewhere the shim's adoption of
/// orphans does.
/// </summary>
public sealed class LaunchCgroup
{
    private const string Prefix = "agentctl-";
    private const string MembersFile = "cgroup.procs";

    private readonly string parent;

    private LaunchCgroup(string path, string parent)
    {
        Path = path;
        this.parent = parent;
    }

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>Processes the kernel has killed in it for want of memory; 0 where it does not count them.</summary>
    public int OutOfMemoryKills => CountIn("memory.events", "oom_kill");

    /// <summary>Pids of its living members, zombies among them.</summary>
    public IReadOnlyList<int> Members
    {
        get
        {
            try
            {
                return [.. File.ReadLines(System.IO.Path.Combine(Path, MembersFile)).Select(static line => int.TryParse(line, CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(static pid => pid > 0)];
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }

    /// <summary>Makes one; null where that is not for us to do.</summary>
    public static LaunchCgroup? TryCreate(string launchId)
    {
        if (OwnDirectory() is not { } own)
        {
            return null;
        }

        var path = System.IO.Path.Combine(own, Prefix + launchId);
        try
        {
            Directory.CreateDirectory(path);
            if (File.Exists(System.IO.Path.Combine(path, "cgroup.kill")))
            {
                return new LaunchCgroup(path, own);
            }

            Directory.Delete(path);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The one that a killed shim left; null when it is gone. The path comes from a record that the agent can write, so it must be a
    /// directory of the kernel's cgroup file system that carries the launch's own name: a plain directory names nobody's processes.
    /// </summary>
    public static LaunchCgroup? TryOpen(string? path, string launchId) =>
        path is not null && LaunchId.IsOne(launchId) && IsOwnName(path, launchId) && RealPath.TryResolve(path) == path && IsOnCgroupFileSystem(path)
            ? new LaunchCgroup(path, System.IO.Path.GetDirectoryName(path)!)
            : null;

    private static bool IsOwnName(string path, string launchId) =>
        path.StartsWith('/') && !path.Contains('\0') && System.IO.Path.GetFileName(path) == Prefix + launchId;

    private static unsafe bool IsOnCgroupFileSystem(string path)
    {
        const ulong Cgroup2Magic = 0x63677270; // statfs(2), CGROUP2_SUPER_MAGIC
        var status = stackalloc byte[256];
        fixed (byte* at = FileCalls.Bytes(path))
        {
            return FileCalls.StatFs(at, status) == 0 && *(nint*)status == (nint)Cgroup2Magic;
        }
    }

    /// <summary>What doctor tells: whether launches here get a cgroup of their own, or why not.</summary>
    public static (bool Works, string Detail) Probe()
    {
        if (OwnDirectory() is not { } own)
        {
            return (false, "subreaper: there is no cgroup 2 here");
        }

        if (TryCreate("probe-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture)) is not { } probe)
        {
            return (false, $"subreaper: no cgroup may be made below {own}");
        }

        probe.Remove();
        return (true, $"cgroup: below {own}");
    }

    /// <summary>Moves a process into it; false when the kernel refuses.</summary>
    public bool TryAdd(int pid) => TryWrite(System.IO.Path.Combine(Path, MembersFile), pid);

    /// <summary>SIGKILL to every member at once; none can start another meanwhile.</summary>
    public void Kill() => TryWrite(System.IO.Path.Combine(Path, "cgroup.kill"), 1);

    /// <summary>Beside the launches: a member of none.</summary>
    public void MoveOut(int pid) => TryWrite(System.IO.Path.Combine(parent, MembersFile), pid);

    /// <summary>Once it is empty.</summary>
    public void Remove()
    {
        try
        {
            Directory.Delete(Path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A member that could not be ended keeps it; it is told among the leftovers.
            _ = refused;
        }
    }

    private int CountIn(string file, string key)
    {
        try
        {
            var line = File.ReadLines(System.IO.Path.Combine(Path, file)).FirstOrDefault(line => line.StartsWith(key + " ", StringComparison.Ordinal));
            return line is not null && int.TryParse(line.AsSpan(key.Length + 1), CultureInfo.InvariantCulture, out var count) ? count : 0;
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static bool TryWrite(string file, int number)
    {
        try
        {
            File.WriteAllBytes(file, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // /proc/self/cgroup:   0::/user.slice/session-1.scope
    // /proc/self/mountinfo: 35 24 0:30 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw
    private static string? OwnDirectory()
    {
        try
        {
            var path = File.ReadLines("/proc/self/cgroup").FirstOrDefault(static line => line.StartsWith("0::/", StringComparison.Ordinal))?[3..];
            var mount = File.ReadLines("/proc/self/mountinfo").FirstOrDefault(static line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ');
            if (path is null || mount is not { Length: > 5 } || mount[3] != "/" || path.Contains("/..", StringComparison.Ordinal))
            {
                return null;
            }

            // Launched from inside another launch: beside it, not within, so that neither keeps the other.
            var directory = System.IO.Path.Combine(mount[4], path.TrimStart('/'));
            while (System.IO.Path.GetFileName(directory).StartsWith(Prefix, StringComparison.Ordinal))
            {
                directory = System.IO.Path.GetDirectoryName(directory)!;
            }

            return Directory.Exists(directory) ? directory : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
