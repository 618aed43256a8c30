using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Reads launches. What lives is found by the names in <c>live/</c>, so its cost follows what lives; records that cannot change
/// any more are read once. It answers from files and locks as they are at that moment. Thread-safe.
/// </summary>
public sealed class LaunchStore(string agentctlHome) : IDisposable
{
    /// <summary>Records change seldom, and somebody waits for each of them.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<string, Known> known = new(StringComparer.Ordinal);
    private readonly FileTree records = new(new LaunchPlaces(agentctlHome).Launches, static name => name.EndsWith(".json", StringComparison.Ordinal), maxDepth: 2);
    private readonly FileTree markers = new(new LaunchPlaces(agentctlHome).Live, static _ => true, maxDepth: 1);
    private readonly FileTree locks = new(new LaunchPlaces(agentctlHome).Locks, static _ => true, maxDepth: 1);

    public LaunchPlaces Places { get; } = new(agentctlHome);

    /// <summary>Every launch that is not known to have ended.</summary>
    /// <param name="problems">Receives what could not be read, one sentence each.</param>
    public IReadOnlyList<Launch> Live(ICollection<string> problems) => ReadAll(Names(Places.Live), problems);

    /// <summary>
    /// The launches of one session among those that live, or among all; those that have not told their session yet are given too.
    /// What is known to be of another session is not looked at again.
    /// </summary>
    public IReadOnlyList<Launch> OfSession(string adapter, string sessionName, bool onlyLiving) => ReadAll(
        Names(onlyLiving ? Places.Live : Places.Launches).Where(id =>
            !known.TryGetValue(id, out var last) || (last.Launch.Record.Adapter == adapter && (last.Launch.SessionId is null || last.Launch.SessionName == sessionName))),
        []);

    /// <summary>Every launch whose record is still kept.</summary>
    public IReadOnlyList<Launch> All(ICollection<string> problems) => ReadAll(Names(Places.Launches), problems);

    /// <summary>Ids of every launch whose record is still kept.</summary>
    public IReadOnlyList<string> Ids() => [.. Names(Places.Launches)];

    /// <summary>One launch; null when there is none, or none yet.</summary>
    /// <exception cref="InvalidDataException">Its record cannot be read.</exception>
    public Launch? Find(string launchId)
    {
        if (!LaunchId.IsOne(launchId))
        {
            return null;
        }

        var folder = Places.Of(launchId);
        if (known.TryGetValue(launchId, out var last) && last.Launch.Standing == LaunchStanding.Ended && last.IsSame(folder))
        {
            return last.Launch;
        }

        var before = last?.Launch;
        var file = NativeFile.Stat(Path.Combine(folder, LaunchFiles.Launch));
        var record = last is not null && file is not null && last.RecordInode == file.Value.Inode
            ? before!.Record
            : LaunchFolder.Read(folder, LaunchFiles.Launch, LaunchJson.Default.LaunchRecord);
        if (record is null || file is null)
        {
            known.TryRemove(launchId, out _);
            return null;
        }

        // The lease before the exit record: a shim that ends between the two looks then shows as ending, never as lost.
        var (shimHolds, agentHolds) = Lease.Look(Path.Combine(folder, LaunchFiles.Lease));
        var exit = before?.Exit ?? LaunchFolder.Read(folder, LaunchFiles.Exit, LaunchJson.Default.ExitRecord);
        var told = before?.Told;
        var agent = before?.Agent ?? LaunchFolder.Read(folder, LaunchFiles.Agent, LaunchJson.Default.AgentRecord);
        var launch = new Launch
        {
            Record = record,
            Agent = agent,
            Queued = exit is null && agent is null ? LaunchFolder.Read(folder, LaunchFiles.Queued, LaunchJson.Default.QueuedRecord) : null,
            Told = told is { IsFinal: true } || (told is not null && exit is null) ? told : LaunchFolder.Read(folder, LaunchFiles.Session, LaunchJson.Default.ToldRecord),
            Stop = before?.Stop ?? LaunchFolder.Read(folder, LaunchFiles.Stop, LaunchJson.Default.StopRecord),
            Exit = exit,
            Standing = LaunchStandings.Of(shimHolds, agentHolds, exit is not null),
        };

        // The same instance again as long as nothing changed: what is made of it is kept by it.
        if (before is not null && launch == before)
        {
            return before;
        }

        known[launchId] = new Known(launch, file.Value.Inode, ModifiedAt(folder, LaunchFiles.Session));
        return launch;
    }

    /// <summary>Calls <paramref name="changed"/>, on any thread, when a launch begins, tells something or ends, or a person's lock comes or goes.</summary>
    public IDisposable Watch(Action changed) => new Watches(records.Watch(changed, Pause), markers.Watch(changed, Pause), locks.Watch(changed, Pause));

    public void Dispose()
    {
        records.Dispose();
        markers.Dispose();
        locks.Dispose();
    }

    private List<Launch> ReadAll(IEnumerable<string> ids, ICollection<string> problems)
    {
        var launches = new List<Launch>();
        foreach (var id in ids)
        {
            try
            {
                if (Find(id) is { } launch)
                {
                    launches.Add(launch);
                }
            }
            catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"launch {id} cannot be read: {unreadable.Message}");
            }
        }

        return launches;
    }

    private static IEnumerable<string> Names(string folder)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateFileSystemEntries(folder).Select(static path => Path.GetFileName(path)).Where(static name => LaunchId.IsOne(name))]
                : [];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static DateTimeOffset? ModifiedAt(string folder, string name) => NativeFile.Stat(Path.Combine(folder, name))?.ModifiedAt;

    private sealed record Known(Launch Launch, ulong RecordInode, DateTimeOffset? ToldAt)
    {
        /// <summary>An ended launch changes only when its record expires, or when its output is read a last time.</summary>
        public bool IsSame(string folder) =>
            NativeFile.Stat(Path.Combine(folder, LaunchFiles.Launch)) is { } file && file.Inode == RecordInode
            && ModifiedAt(folder, LaunchFiles.Session) == ToldAt;
    }

    private sealed class Watches(params IDisposable[] watches) : IDisposable
    {
        public void Dispose()
        {
            foreach (var watch in watches)
            {
                watch.Dispose();
            }
        }
    }
}
