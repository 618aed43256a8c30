using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>The lease of a launch, as a process that holds it shows it.</summary>
/// <param name="IsShims">Byte 0 is locked, else byte 1.</param>
/// <param name="IsInPlace">The locked file is named <c>lease</c> and lies in the launch's directory.</param>
/// <param name="MovedTo">Where the locked file lies now; null when it is in place or was deleted.</param>
public readonly record struct LaunchLease(string LaunchId, bool IsShims, bool IsInPlace, string? MovedTo);

/// <summary>
/// Finds the launches of a home in the kernel's list of locks. An agent can rename, move and delete a lease; the lock stays on the open
/// file. The launch that it belongs to is known by the directory that the file was opened in, by the variable in the shim's environment,
/// and by the launch's cookie in the agent's environment.
/// </summary>
/// <param name="places">The home.</param>
/// <param name="holds">Whether the open file behind a descriptor of a process holds byte 0 (true) or byte 1 (false).</param>
public sealed class LaunchLeases(LaunchPlaces places, Func<int, int, bool, bool> holds)
{
    private const string Deleted = " (deleted)";

    /// <summary>Where the kernel shows leases that were not moved.</summary>
    private readonly string opened = RealPath.TryResolve(places.Launches) ?? places.Launches;

    /// <summary>What shims of this home carry in their environment.</summary>
    private readonly string declared = Path.GetDirectoryName(FolderOf(places, "id"))!;

    /// <summary>With the locks that the kernel shows (proc_pid_fdinfo(5)).</summary>
    public LaunchLeases(LaunchPlaces places)
        : this(places, static (pid, descriptor, isFirst) => LeaseHolder.HoldsByte(pid, descriptor, isFirst ? " 0 0"u8 : " 1 1"u8))
    {
    }

    /// <summary>A launch's directory as its shim's environment names it.</summary>
    public static string FolderOf(LaunchPlaces places, string launchId) =>
        Path.Combine(RealPath.TryResolve(places.Home) ?? Path.GetFullPath(places.Home), Path.GetFileName(places.Launches), launchId);

    /// <summary>The inode of the lease in a launch's directory; null when the directory or the lease is missing, or is a symbolic link.</summary>
    public static ulong? InodeIn(string folder) =>
        FileCalls.Stat(folder, FileCalls.AT_SYMLINK_NOFOLLOW, out var directory) == 0 && directory.IsDirectory
        && FileCalls.Stat(Path.Combine(folder, LaunchFiles.Lease), FileCalls.AT_SYMLINK_NOFOLLOW, out var lease) == 0 && lease.IsRegular
            ? lease.Inode
            : null;

    /// <summary>The launch whose shim a process is; null when it is none of this home.</summary>
    public string? ShimsLaunch(ProcessEntry process) =>

        // Only a session leader with the lock on the shim's own descriptor is a shim; that is checked first because it is cheap.
        process.SessionId == process.Pid && holds(process.Pid, DetachedOptions.LeaseDescriptor, true)
        && process.Environment?.GetValueOrDefault(ShimProtocol.Folder) is { } folder
        && Path.GetDirectoryName(folder) == declared && LaunchId.IsOne(Path.GetFileName(folder))
            ? Path.GetFileName(folder)
            : null;

    /// <summary>The leases of this home's launches that a process holds.</summary>
    /// <param name="suspects">Launches that belong to this home and whose lease is not the locked file.</param>
    public IEnumerable<LaunchLease> HeldBy(ProcessEntry process, IReadOnlySet<string> suspects)
    {
        if (ShimsLaunch(process) is { } launchId)
        {
            yield return Shown(launchId, isShims: true, process.OpenFiles?.FirstOrDefault(static one => one.Descriptor == DetachedOptions.LeaseDescriptor).Path);
        }
        else if (process.HasFileBelow(opened))
        {
            foreach (var file in process.OpenFiles ?? [])
            {
                if (IdOf(file.Path) is not { } id)
                {
                    continue;
                }

                foreach (var isShims in (bool[])[true, false])
                {
                    if (holds(process.Pid, file.Descriptor, isShims))
                    {
                        yield return Shown(id, isShims, file.Path);
                    }
                }
            }
        }

        if (process.Environment is { } variables && variables.GetValueOrDefault(ShimProtocol.Cookie) is { } cookie && LaunchId.IsOne(cookie)
            && (suspects.Contains(cookie) || IsOfThisHome(variables)))
        {
            foreach (var file in process.OpenFiles ?? [])
            {
                if (IdOf(file.Path) is null && holds(process.Pid, file.Descriptor, false))
                {
                    yield return Shown(cookie, isShims: false, file.Path);
                }
            }
        }
    }

    /// <summary>An agent inherits the home of the command that launched it.</summary>
    private bool IsOfThisHome(IReadOnlyDictionary<string, string> variables)
    {
        var home = variables.GetValueOrDefault("AGENTCTL_HOME") is { Length: > 0 } given ? given
            : variables.GetValueOrDefault("HOME") is { Length: > 0 } user ? Path.Combine(user, ".agentctl")
            : null;
        return home is not null && (RealPath.TryResolve(home) ?? home) == Path.GetDirectoryName(declared);
    }

    /// <summary>The launch in whose directory a file was opened; null when it is in none.</summary>
    private string? IdOf(string path) =>
        Path.GetDirectoryName(WithoutDeleted(path)) is { } folder && Path.GetDirectoryName(folder) == opened && LaunchId.IsOne(Path.GetFileName(folder))
            ? Path.GetFileName(folder)
            : null;

    private LaunchLease Shown(string id, bool isShims, string? path)
    {
        var isInPlace = path == Path.Combine(opened, id, LaunchFiles.Lease);
        return new LaunchLease(id, isShims, isInPlace, isInPlace || path is null || path.EndsWith(Deleted, StringComparison.Ordinal) ? null : path);
    }

    private static string WithoutDeleted(string path) => path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
}
