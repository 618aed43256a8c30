using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Directories with a time limit: at most one each. A fuse is a directory of its own, so that its script runs at most once however
/// often a daemon dies meanwhile (<see cref="HookLaunch"/>). Thread-safe across processes: changes are made under the admission lock.
/// </summary>
public sealed class DirectoryFuses(LaunchPlaces places, TimeProvider time)
{
    public const string OnExpire = "on-expire";
    public static readonly TimeSpan UsualTime = TimeSpan.FromMinutes(10);

    /// <summary>How long a fired fuse's output is kept.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    private const string Record = "fuse.json";
    private const string Fired = "fired.json";

    /// <summary>Those whose time runs, the next first, and those whose time is over and whose actions are not all begun.</summary>
    public IReadOnlyList<(string Id, FuseRow Fuse)> Burning(ICollection<string> problems)
    {
        var burning = new List<(string Id, FuseRow Fuse)>();
        foreach (var folder in Folders())
        {
            try
            {
                if (!File.Exists(Path.Combine(folder, Fired)) && LaunchFolder.Read(folder, Record, LaunchJson.Default.FuseRow) is { } fuse)
                {
                    burning.Add((Path.GetFileName(folder), Whole(fuse, folder)));
                }
            }
            catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"a fuse cannot be read: {unreadable.Message}");
            }
        }

        burning.Sort(static (a, b) => a.Fuse.ExpiresAt.CompareTo(b.Fuse.ExpiresAt));
        return burning;
    }

    /// <summary>Sets it in the place of one that is there. The caller holds the admission lock.</summary>
    public void Set(FuseRow fuse)
    {
        Cancel(fuse.Directory);
        var folder = Path.Combine(places.Fuses, LaunchId.New());
        PrivateDirectory.Ensure(places.Fuses);
        PrivateDirectory.Ensure(folder);
        LaunchFolder.Write(folder, Record, fuse, LaunchJson.Default.FuseRow);
        DurableFile.SyncDirectory(places.Fuses);
    }

    /// <summary>From now on for so long. The caller holds the admission lock.</summary>
    /// <returns>False when there is none.</returns>
    public bool Extend(string directory, TimeSpan ttl)
    {
        if (Find(directory) is not { } found)
        {
            return false;
        }

        LaunchFolder.Write(
            Path.Combine(places.Fuses, found.Id), Record, found.Fuse with { TtlMs = (long)ttl.TotalMilliseconds, ExpiresAt = time.GetUtcNow() + ttl }, LaunchJson.Default.FuseRow);
        return true;
    }

    /// <summary>Takes it away; nothing happens any more. The caller holds the admission lock.</summary>
    /// <returns>False when there is none.</returns>
    public bool Cancel(string directory)
    {
        if (Find(directory) is not { } found)
        {
            return false;
        }

        OwnDirectory.Delete(places.Fuses, found.Id);
        DurableFile.SyncDirectory(places.Fuses);
        return true;
    }

    /// <summary>Begins the script of a fuse whose time is over, once.</summary>
    public void BeginScript(string id, FuseRow fuse, string shim, IReadOnlyDictionary<string, string> variables)
    {
        if (fuse.OnExpire?.Script is { } script)
        {
            var environment = HookEnvironment.Of(variables, fuse.SessionId, fuse.Directory, adapter: "", branch: null, group: null, model: null, end: null);
            _ = HookLaunch.Begin(shim, Path.Combine(places.Fuses, id), id, OnExpire, script, fuse.Directory, environment);
        }
    }

    /// <summary>All of its actions have been begun, or given up. A fuse that was cancelled or extended meanwhile stays as it is.</summary>
    public void SetFired(string id, FuseRow fuse, FiredRecord fired)
    {
        var folder = Path.Combine(places.Fuses, id);
        if (LaunchFolder.Read(folder, Record, LaunchJson.Default.FuseRow) is { } now && now.ExpiresAt == fuse.ExpiresAt)
        {
            LaunchFolder.Write(folder, Fired, fired, LaunchJson.Default.FiredRecord);
        }
    }

    /// <summary>Fired fuses whose output may go, each with why.</summary>
    public IEnumerable<(string Path, string Why)> Expired()
    {
        foreach (var folder in Folders())
        {
            var fired = NativeFile.Stat(Path.Combine(folder, Fired));
            if (fired is { } file && time.GetUtcNow() - file.ModifiedAt > Kept)
            {
                yield return (folder, $"it fired at {file.ModifiedAt:u}");
            }
        }
    }

    /// <summary>The record may have been written by somebody else: a key that must be there may be missing.</summary>
    private static FuseRow Whole(FuseRow fuse, string folder) => string.IsNullOrEmpty(fuse.Directory)
        ? throw new InvalidDataException($"{Path.Combine(folder, Record)} names no directory")
        : fuse.SessionId is null ? fuse with { SessionId = "" } : fuse;

    private (string Id, FuseRow Fuse)? Find(string directory) =>
        Burning([]).Where(one => one.Fuse.Directory == directory).Select(static one => ((string, FuseRow)?)one).FirstOrDefault();

    private IReadOnlyList<string> Folders() => [.. OwnDirectory.Names(places.Fuses).Where(static name => LaunchId.IsOne(name)).Select(name => Path.Combine(places.Fuses, name))];
}
