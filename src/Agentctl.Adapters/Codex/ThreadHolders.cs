using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>What the kernel says about one thread.</summary>
/// <param name="Holder"><see cref="Holder.Process"/> or <see cref="Holder.OtherNamespace"/>; <see cref="Holder.None"/> for a lock file nobody holds.</param>
/// <param name="Process">The process that holds it.</param>
/// <param name="Evidence">What proves it.</param>
/// <param name="Rollout">The rollout the holder has open, if it has.</param>
/// <param name="Lock">The lock file; null for cores without locks.</param>
internal sealed record ThreadHolder(string Id, Holder Holder, ProcessEntry? Process, Evidence Evidence, string? Rollout, string? Lock);

/// <summary>
/// Which process has which thread loaded. A process holds a flock on <c>thread-writer-locks/&lt;id&gt;.lock</c> for as long as it has the
/// thread loaded; the file alone proves nothing, a killed process leaves it behind. Cores before these locks (0.137) only hold
/// the rollout open for writing. No lock is ever taken or tried: /proc/locks tells.
/// </summary>
internal sealed class ThreadHolders(CodexPlaces places)
{
    /// <summary>Every thread with a lock file or an open rollout.</summary>
    /// <exception cref="CannotLookException">The lock folder may not be read.</exception>
    public IReadOnlyDictionary<string, ThreadHolder> Look(IProcessTable processes)
    {
        var holders = new Dictionary<string, ThreadHolder>();
        var open = new OpenRollouts(places.Home, places.RealHome());
        foreach (var path in places.FilesOf(places.Locks, "*.lock"))
        {
            var id = Path.GetFileNameWithoutExtension(path);
            if (RolloutName.IsId(id) && Stat(path) is { } file)
            {
                holders[id] = Of(id, file, processes, open);
            }
        }

        foreach (var process in MayHoldRollouts(processes, open))
        {
            foreach (var (id, path) in open.Of(process))
            {
                if (!holders.TryGetValue(id, out var known) || known.Holder == Holder.None)
                {
                    var evidence = new Evidence($"/proc/{process.Pid}/fd", $"{process.Identity} has {places.Shown(path)} open for writing", process.StartedAt);
                    holders[id] = new ThreadHolder(id, Holder.Process, process, evidence, path, known?.Lock);
                }
            }
        }

        return holders;
    }

    private ThreadHolder Of(string id, FileEntry file, IProcessTable processes, OpenRollouts open)
    {
        var shown = places.Shown(file.Path);
        foreach (var held in processes.HeldLocks)
        {
            if (held.Kind != "FLOCK" || held.Inode != file.Inode)
            {
                continue;
            }

            var fact = $"FLOCK on inode {file.Inode} ({shown}) by pid {held.Pid}";
            if (held.Pid <= 0)
            {
                return new ThreadHolder(id, Holder.OtherNamespace, null, new Evidence("/proc/locks", fact, file.ModifiedAt), null, file.Path);
            }

            // Inode numbers are unique per file system only: the process must have a file of that name open, where that can be seen.
            if (processes.Find(held.Pid) is { } process && OpenRollouts.MayHave(process, Path.GetFileName(file.Path)))
            {
                return new ThreadHolder(
                    id, Holder.Process, process, new Evidence("/proc/locks", fact, file.ModifiedAt), open.Of(process).GetValueOrDefault(id), file.Path);
            }
        }

        var nobody = new Evidence(shown, $"nobody holds a lock on this lock file (inode {file.Inode}): it was left behind", file.ModifiedAt);
        return new ThreadHolder(id, Holder.None, null, nobody, null, file.Path);
    }

    /// <summary>
    /// Processes that may write rollouts. Looking into every process costs too much for every list; a core that keeps its threads
    /// in a database of this home holds POSIX locks on it (SQLite) for as long as it runs, and the kernel names them. Where there
    /// is no such database only older cores can have run, and every process of ours is looked at.
    /// </summary>
    private IEnumerable<ProcessEntry> MayHoldRollouts(IProcessTable processes, OpenRollouts open)
    {
        var databases = DatabaseInodes();
        if (databases.Count == 0)
        {
            return Directory.Exists(places.Sessions) ? processes.All.Where(process => process.UserId == processes.UserId && open.MayBeIn(process)) : [];
        }

        return processes.HeldLocks
            .Where(held => held.Kind == "POSIX" && held.Pid > 0 && databases.Contains(held.Inode))
            .Select(held => held.Pid)
            .Distinct()
            .Select(processes.Find)
            .OfType<ProcessEntry>();
    }

    /// <summary>The database files and their shared memory; both are locked while a process is connected.</summary>
    private HashSet<ulong> DatabaseInodes()
    {
        var inodes = new HashSet<ulong>();
        foreach (var pattern in (string[])["state_*.sqlite", "state_*.sqlite-shm"])
        {
            foreach (var path in places.FilesOf(places.Sqlite, pattern))
            {
                if (Stat(path) is { } file)
                {
                    inodes.Add(file.Inode);
                }
            }
        }

        return inodes;
    }

    private FileEntry? Stat(string path)
    {
        try
        {
            return NativeFile.Stat(path);
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            throw new CannotLookException($"{places.Shown(path)} cannot be looked at: {problem.Message}", problem);
        }
    }
}

/// <summary>The rollouts that processes have open for writing, read once per process and request.</summary>
/// <param name="home">CODEX_HOME as it was named; paths are told by it, so that a file has one name whoever found it.</param>
/// <param name="realHome">The same with links resolved, as the kernel names it.</param>
internal sealed class OpenRollouts(string home, string realHome)
{
    private readonly string sessions = Path.Combine(realHome, "sessions") + "/";
    private readonly string archived = Path.Combine(realHome, "archived_sessions") + "/";
    private readonly Dictionary<int, IReadOnlyDictionary<string, string>> known = [];

    /// <summary>Thread id to rollout path. A reader (an editor, <c>tail -f</c>) owns nothing and is left out.</summary>
    public IReadOnlyDictionary<string, string> Of(ProcessEntry process)
    {
        if (known.TryGetValue(process.Pid, out var rollouts))
        {
            return rollouts;
        }

        var found = new Dictionary<string, string>();
        foreach (var file in process.OpenFiles ?? [])
        {
            if (file.Writable && IsBelow(file.Path) && RolloutName.IdOf(file.Path) is { } id)
            {
                found[id] = string.Concat(home, file.Path.AsSpan(realHome.Length));
            }
        }

        return known[process.Pid] = found;
    }

    /// <summary>Whether the process has any file of the rollouts' folders open.</summary>
    public bool MayBeIn(ProcessEntry process) => process.HasFileBelow(realHome);

    /// <summary>Whether the process has a file of that name open, or may not be looked into.</summary>
    public static bool MayHave(ProcessEntry process, string fileName) =>
        process.OpenFiles is not { } files || files.Any(file => Path.GetFileName(file.Path.AsSpan()).SequenceEqual(fileName));

    private bool IsBelow(string path) =>
        path.StartsWith(sessions, StringComparison.Ordinal) || path.StartsWith(archived, StringComparison.Ordinal);
}
