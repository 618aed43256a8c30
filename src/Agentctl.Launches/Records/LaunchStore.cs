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

    private readonly LaunchReader reader = new(new LaunchPlaces(agentctlHome));
    private readonly HiddenLaunches hiddenLaunches = new(new LaunchPlaces(agentctlHome));

    public LaunchPlaces Places { get; } = new(agentctlHome);

    /// <summary>Receives what a person who waits should know; null = nobody is there to read it.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>
    /// Every launch that is not known to have ended. Markers can be deleted and records forged by an agent; a lease that the kernel
    /// shows as held makes a launch one of these, whatever the files say.
    /// </summary>
    /// <param name="problems">Receives what could not be read, one sentence each.</param>
    public IReadOnlyList<Launch> Live(ICollection<string> problems) => Read(NamesOrNone(Places.Live, problems), problems);

    /// <summary>The same for who decides by it: that the directory cannot be listed is no answer.</summary>
    /// <exception cref="IOException">What is alive cannot be told.</exception>
    /// <exception cref="UnauthorizedAccessException">What is alive cannot be told.</exception>
    public IReadOnlyList<Launch> LiveOrFail() => Read(Names(Places.Live), []);

    /// <summary>
    /// The launches of one session among those that live, or among all; those that have not told their session yet are given too.
    /// What is known to be of another session is not looked at again.
    /// </summary>
    public IReadOnlyList<Launch> OfSession(string adapter, string sessionName, bool onlyLiving) => Read(
        NamesOrNone(onlyLiving ? Places.Live : Places.Launches, []).Where(id =>
            !known.TryGetValue(id, out var last) || sessionName == LaunchId.Provisional(id) || (last.Launch.Record.Adapter == adapter && (last.Launch.SessionId is null || last.Launch.SessionName == sessionName))),
        []);

    /// <summary>Every launch whose record is still kept, and those that live without one.</summary>
    /// <param name="notes">Receives what is wrong with records that can be read all the same; they are problems when it is null.</param>
    public IReadOnlyList<Launch> All(ICollection<string> problems, ICollection<string>? notes = null)
    {
        var names = NamesOrNone(Places.Launches, problems);
        var all = Read(names, problems, notes);
        if (known.Count > all.Count)
        {
            // Those that have expired are not read again, so nothing else would forget them.
            var kept = all.Select(static launch => launch.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in known.Keys.Where(id => !kept.Contains(id)))
            {
                known.TryRemove(gone, out _);
            }
        }

        return all;
    }

    /// <summary>Ids of every launch whose record is still kept.</summary>
    public IReadOnlyList<string> Ids() => [.. NamesOrNone(Places.Launches, [])];

    /// <summary>Ids of launches that the kernel shows to be alive and whose lease file no longer tells it.</summary>
    public IReadOnlyCollection<string> HiddenIds() => [.. hiddenLaunches.Find().Keys];

    /// <summary>One launch; null when there is none, or none yet.</summary>
    public Launch? Find(string launchId) => LaunchId.IsOne(launchId) ? Find(launchId, hiddenLaunches.Find().GetValueOrDefault(launchId)) : null;

    /// <summary>Calls <paramref name="changed"/>, on any thread, when a launch begins, tells something or ends, or a person's lock comes or goes.</summary>
    public IDisposable Watch(Action changed) => new Watches(records.Watch(changed, Pause), markers.Watch(changed, Pause), locks.Watch(changed, Pause));

    public void Dispose()
    {
        records.Dispose();
        markers.Dispose();
        locks.Dispose();
    }

    private Launch? Find(string launchId, HeldLease? hidden)
    {
        var folder = Places.Of(launchId);
        if (known.TryGetValue(launchId, out var last) && hidden is null && last.Launch is { Standing: LaunchStanding.Ended, Damage: null } && last.IsSame(folder))
        {
            return last.Launch;
        }

        var before = last?.Launch;
        var inode = InodeOf(folder);
        var launch = reader.Read(launchId, before, isRecordUnchanged: inode is not null && inode == last?.RecordInode && before!.Damage is null);
        if (hidden is not null)
        {
            launch = KernelView.Of(launch ?? reader.Unreadable(launchId, before, $"{folder} is gone"), hidden);
        }

        if (launch is null)
        {
            known.TryRemove(launchId, out _);
            return null;
        }

        // The same instance again as long as nothing changed: what is made of it is kept by it.
        if (before is not null && launch == before)
        {
            return before;
        }

        known[launchId] = new Known(launch, inode ?? 0, ModifiedAt(folder, LaunchFiles.Session));
        return launch;
    }

    private List<Launch> Read(IEnumerable<string> ids, ICollection<string> problems, ICollection<string>? notes = null)
    {
        var hidden = hiddenLaunches.Find();
        var launches = new List<Launch>();
        foreach (var id in ids.Union(hidden.Keys))
        {
            if (Find(id, hidden.GetValueOrDefault(id)) is { } launch)
            {
                launches.Add(launch);
                if (launch.Damage is { } damage)
                {
                    (launch.IsUnreadable ? problems : notes ?? problems).Add($"launch {id}: {damage}");
                }
            }
        }

        return launches;
    }

        private static ulong? InodeOf(string folder)
    {
        try
        {
            return NativeFile.Stat(Path.Combine(folder, LaunchFiles.Launch))?.Inode;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IReadOnlyList<string> Names(string folder) => [.. OwnDirectory.Names(folder).Where(static name => LaunchId.IsOne(name))];

    private static IReadOnlyList<string> NamesOrNone(string folder, ICollection<string> problems)
    {
        try
        {
            return Names(folder);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"launches cannot be listed: {unreadable.Message}");
            return [];
        }
    }

    private static DateTimeOffset? ModifiedAt(string folder, string name)
    {
        try
        {
            return NativeFile.Stat(Path.Combine(folder, name))?.ModifiedAt;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed record Known(Launch Launch, ulong RecordInode, DateTimeOffset? ToldAt)
    {
        /// <summary>An ended launch changes only when its record expires, or when its output is read a last time.</summary>
        public bool IsSame(string folder) =>
            InodeOf(folder) == RecordInode
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
