using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>
/// The launches of ours as discovery sees them: the newest one of each session, looked after by the undertaker, with what its output
/// has told. What we launched is listed from its lease and record whatever the adapter does (law L5).
/// </summary>
internal sealed class LaunchedSessions(LaunchStore store, Undertaker undertaker, OutputReading output, QueuedLaunches queue, LaunchSightings sightings, Func<string, IAgentLauncher?> launcherOf)
{
    /// <summary>The newest launch of every session.</summary>
    /// <param name="reach">Only what may live, or everything whose record is kept.</param>
    public IReadOnlyList<Launch> Look(Reach reach, string? adapter, IProcessTable processes, ICollection<string> problems)
    {
        var found = new List<string>();
        var launches = Read(reach == Reach.All ? store.All(found) : store.Live(found), processes);
        foreach (var launch in launches.Where(static launch => launch.Damage is not null))
        {
            // Once, with what the kernel and the other launches show as well.
            found.RemoveAll(problem => problem.StartsWith($"launch {launch.Id}: ", StringComparison.Ordinal));
            found.Add($"launch {launch.Id}: {launch.Damage}");
        }

        found.ForEach(problems.Add);
        if (reach == Reach.All && adapter is null)
        {
            sightings.Keep(launches);
        }

        return Newest(launches.Where(launch => adapter is null || launch.Record.Adapter == adapter));
    }

    /// <summary>The newest launch of one session; null when none is known.</summary>
    /// <param name="process">Who holds the session as the adapter saw it: a launch that has not told its id is known by that.</param>
    public Launch? Of(string adapter, string sessionName, ProcessIdentity? process, IProcessTable processes)
    {
        // What lives first: that is where its session is, and it is cheap.
        return NewestOf(store.OfSession(adapter, sessionName, onlyLiving: true)) ?? NewestOf(store.OfSession(adapter, sessionName, onlyLiving: false));

        Launch? NewestOf(IReadOnlyList<Launch> launches) =>
            Newest(Read([.. launches.Where(launch => launch.Record.Adapter == adapter)], processes)
                .Where(launch => launch.SessionName == sessionName || (launch.SessionId is null && process is not null && launch.AgentIdentity == process))) is [var newest, ..]
                ? newest
                : null;
    }

    /// <summary>Adapters of all launches whose record is kept.</summary>
    public IReadOnlyList<string> Adapters(IProcessTable processes) => [.. Read(store.All([]), processes).Select(static launch => launch.Record.Adapter).Distinct()];

    /// <summary>Adapters of launches whose session has this name.</summary>
    public IReadOnlyList<string> Adapters(string sessionName, IProcessTable processes) =>
        [.. Read(store.All([]), processes).Where(launch => launch.SessionName == sessionName).Select(static launch => launch.Record.Adapter).Distinct()];

    /// <summary>The launch that a launch id, with or without its <c>@</c>, names.</summary>
    public Launch? Named(string text, IProcessTable processes)
    {
        var id = text.StartsWith('@') ? text[1..] : text;
        return store.Find(id) is { } launch ? Read([launch], processes)[0] : null;
    }

    /// <summary>Every name that a launch gives a session: its id, the session's own, and the id of the ACP session that it serves.</summary>
    public IEnumerable<(string Adapter, SessionName Name)> Names(IProcessTable processes)
    {
        var launches = Read(store.All([]), processes);
        foreach (var launch in launches.Where(static launch => launch.Record.Conversation is not null).GroupBy(static launch => launch.Record.Conversation!).Select(NewestOf))
        {
            yield return (launch.Record.Adapter, new SessionName(launch.Record.Conversation!, launch.SessionName));
        }

        foreach (var launch in launches)
        {
            yield return (launch.Record.Adapter, new SessionName(launch.Id, launch.SessionName));
            yield return (launch.Record.Adapter, new SessionName(LaunchId.Provisional(launch.Id), launch.SessionName));
            yield return (launch.Record.Adapter, new SessionName(launch.SessionName, launch.SessionName));
        }
    }

    /// <summary>What the adapters saw, with what the launches know, and the sessions that only launches tell of.</summary>
    public IReadOnlyList<Sighting> Unite(IReadOnlyList<Sighting> seen, IReadOnlyList<Launch> launches)
    {
        if (launches.Count == 0)
        {
            return seen;
        }

        var bySession = launches.ToDictionary(static launch => (launch.Record.Adapter, launch.SessionName));
        var byProcess = new Dictionary<(string, ProcessIdentity), Launch>();
        foreach (var launch in launches)
        {
            // An agent that has not told its id may be known by its process all the same.
            if (launch is { SessionId: null, AgentIdentity: { } agent })
            {
                byProcess[(launch.Record.Adapter, agent)] = launch;
            }
        }

        var queued = Queued(launches);
        var told = new HashSet<string>(StringComparer.Ordinal);
        var united = new List<Sighting>(seen.Count + launches.Count);
        foreach (var sighting in seen)
        {
            var launch = bySession.GetValueOrDefault((sighting.Adapter, sighting.Id))
                ?? (sighting.Facts.Process is { } process ? byProcess.GetValueOrDefault((sighting.Adapter, process)) : null);
            united.Add(launch is null ? sighting : sightings.Of(sighting, launch, queued.GetValueOrDefault(launch.Id)));
            if (launch is not null)
            {
                told.Add(launch.Id);
            }
        }

        foreach (var launch in launches)
        {
            if (!told.Contains(launch.Id))
            {
                united.Add(sightings.Of(null, launch, queued.GetValueOrDefault(launch.Id)));
            }
        }

        return united;
    }

    /// <summary>What each that waits waits for. All that live decide it, also when only one is asked for.</summary>
    private Dictionary<string, QueueStanding> Queued(IReadOnlyList<Launch> launches) => launches.Any(static launch => launch.IsQueued)
        ? queue.Look(undertaker.Attend(store.Live([]), Platform.ProcessTable.Take())).ToDictionary(static one => one.Launch.Id, static one => one.Standing)
        : [];

    private IReadOnlyList<Launch> Read(IReadOnlyList<Launch> launches, IProcessTable processes)
    {
        var read = Output(launches, processes);
        return SessionClaims.Any(read) ? SessionClaims.Settle(read, Output(store.Live([]), processes)) : read;
    }

    private IReadOnlyList<Launch> Output(IReadOnlyList<Launch> launches, IProcessTable processes) =>
        [.. undertaker.Attend(launches, processes).Select(launch => output.Read(launch, launcherOf(launch.Record.Adapter)))];

    private static Launch NewestOf(IEnumerable<Launch> launches) => launches.MaxBy(static launch => (launch.IsHeld, launch.Record.LaunchedAt))!;

    /// <summary>A session may have been launched and resumed many times; the last one speaks for it, a living one before an ended one.</summary>
    private static IReadOnlyList<Launch> Newest(IEnumerable<Launch> launches)
    {
        var newest = new Dictionary<(string, string), Launch>();
        foreach (var launch in launches)
        {
            var key = (launch.Record.Adapter, launch.SessionName);
            if (!newest.TryGetValue(key, out var other)
                || (launch.IsHeld, launch.Record.LaunchedAt).CompareTo((other.IsHeld, other.Record.LaunchedAt)) > 0)
            {
                newest[key] = launch;
            }
        }

        return [.. newest.Values];
    }
}
