using System.Collections.Concurrent;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The multiplexer: every adapter in parallel, one process table for all of them, one row per conversation.</summary>
internal sealed class SessionDiscovery : IAsyncDisposable
{
    private readonly Func<IProcessTable> processes;
    private readonly TimeProvider time;
    private readonly LastAnswers memory;
    private readonly ConcurrentDictionary<(Reach, string?), (List<Sighting> Sightings, IReadOnlyList<Session> Sessions)> merges = [];

    /// <summary>A daemon goes on reading after it has answered; a command has to have an answer within its adapters' deadlines.</summary>
    private static readonly TimeSpan WhileServing = TimeSpan.FromMilliseconds(500);

    private readonly TimeSpan reading;
    private readonly LaunchedSessions launched;

    public SessionDiscovery(SessionServiceOptions options, IReadOnlyList<IAgentAdapter> adapters, LaunchedSessions launched, Action recovered)
    {
        this.launched = launched;
        processes = options.Processes ?? ProcessTable.Take;
        time = options.Time;
        reading = options.Watching ? WhileServing : options.Config.AdapterTimeout * 0.8;
        memory = new LastAnswers(options.Environment.AgentctlHome, time);
        Func<DiscoveryContext>? retry = options.Watching ? () => Context(Reach.Active, since: null) : null;
        Probes = [.. adapters.Select(adapter => new AdapterProbe(adapter, options.Config.TimeoutOf(adapter.Id), memory, time, retry, recovered))];
    }

    public IReadOnlyList<AdapterProbe> Probes { get; }

    public DiscoveryContext Context(Reach reach, DateTimeOffset? since) =>
        new(reach, since ?? time.GetUtcNow() - DiscoveryContext.Window, processes()) { Reading = ReadingTime.FromNow(reading, time) };

    /// <summary>Asks every adapter, or one; what fails is an outcome, never fewer rows of the others.</summary>
    public async Task<Discovered> Look(Reach reach, DateTimeOffset? since, string? adapter, CancellationToken cancellationToken)
    {
        var context = Context(reach, since);
        var looks = await Task.WhenAll(Probes
            .Where(probe => adapter is null || probe.Adapter.Id == adapter)
            .Select(probe => probe.Look(context with { Reading = context.Reading.ForOneAdapter() }, cancellationToken))).ConfigureAwait(false);

        // After the adapters: what ended meanwhile is then told by its launch, whatever an adapter still saw.
        var problems = new List<string>();
        var launches = launched.Look(reach, adapter, context.Processes, problems);
        IReadOnlyList<Sighting> seen = [.. looks.SelectMany(static look => look.Sightings)];
        var unseen = await FindUnseen(seen, launches, context, cancellationToken).ConfigureAwait(false);
        var sightings = launched.Unite(unseen.Count == 0 ? seen : [.. seen, .. unseen], launches);
        return new Discovered(Merged(reach, adapter, [.. sightings]), [.. looks.Select(static look => look.Outcome), .. Reported(problems)]);
    }

    /// <summary>
    /// What the adapters have of launched sessions that live although no adapter counts them among the living yet: so that a list of
    /// the living and a list of all tell the same of them.
    /// </summary>
    private async Task<IReadOnlyList<Sighting>> FindUnseen(
        IReadOnlyList<Sighting> seen, IReadOnlyList<Launch> launches, DiscoveryContext context, CancellationToken cancellationToken)
    {
        if (context.Reach == Reach.All)
        {
            return [];
        }

        var unseen = launches.Where(launch => launch is { IsHeld: true, SessionId: not null }
            && !seen.Any(sighting => sighting.Adapter == launch.Record.Adapter && sighting.Id == launch.SessionId));
        var found = await Task.WhenAll(unseen.Select(launch => FindNative(launch, context, cancellationToken))).ConfigureAwait(false);
        return [.. found.OfType<Sighting>()];
    }

    private async Task<Sighting?> FindNative(Launch launch, DiscoveryContext context, CancellationToken cancellationToken)
    {
        if (Probes.FirstOrDefault(probe => probe.Adapter.Id == launch.Record.Adapter) is not { } probe)
        {
            return null;
        }

        try
        {
            return await probe.Ask(token => probe.Adapter.Find(launch.SessionId!, context, token), cancellationToken).ConfigureAwait(false);
        }
        catch (CannotLookException)
        {
            // The adapter's own outcome says so; the launch's record is told without it.
            return null;
        }
    }

    /// <summary>Records of launches that could not be read stand beside the adapters' problems.</summary>
    private static IEnumerable<AdapterOutcome> Reported(List<string> problems)
    {
        if (problems.Count > 0)
        {
            yield return new AdapterOutcome("agentctl", AdapterStatus.Partial, TimeSpan.Zero, null, problems, [], null);
        }
    }

    /// <summary>The same list again when every adapter gave the very sightings of last time: what follows from them is the same too.</summary>
    private IReadOnlyList<Session> Merged(Reach reach, string? adapter, List<Sighting> sightings)
    {
        if (merges.TryGetValue((reach, adapter), out var last)
            && last.Sightings.Count == sightings.Count
            && last.Sightings.Zip(sightings).All(static pair => ReferenceEquals(pair.First, pair.Second)))
        {
            return last.Sessions;
        }

        var sessions = Merge.Sessions(sightings);
        merges[(reach, adapter)] = (sightings, sessions);
        return sessions;
    }

    /// <summary>Every name of every adapter that answers, and of every launch.</summary>
    /// <param name="adapter">Ask only this one.</param>
    public async Task<IReadOnlyList<(string Adapter, SessionName Name)>> Names(List<string> couldNotLook, CancellationToken cancellationToken, string? adapter = null)
    {
        var answers = await Task.WhenAll(Probes.Where(probe => adapter is null || probe.Adapter.Id == adapter).Select(async probe =>
        {
            try
            {
                return (probe.Adapter.Id, Names: await probe.Ask(probe.Adapter.Names, cancellationToken).ConfigureAwait(false), Error: (string?)null);
            }
            catch (CannotLookException refusal)
            {
                IReadOnlyCollection<SessionName> remembered = memory.Recall(probe.Adapter.Id)?.Sessions
                    .SelectMany(static session => session.Aliases.Append(session.Id), static (session, name) => new SessionName(name, session.Id))
                    .ToList() ?? [];
                return (probe.Adapter.Id, Names: remembered, Error: refusal.Message);
            }
        })).ConfigureAwait(false);

        var names = new List<(string, SessionName)>(answers.Sum(static answer => answer.Names.Count));
        names.AddRange(launched.Names(processes()));
        foreach (var (id, found, error) in answers)
        {
            if (error is not null)
            {
                couldNotLook.Add($"{id}: {error}");
            }

            foreach (var name in found)
            {
                names.Add((id, name));
            }
        }

        return names;
    }

    /// <summary>The session a reference means, looked at now. A full id costs the same however many sessions exist.</summary>
    public async Task<Lookup> Find(string text, CancellationToken cancellationToken)
    {
        // A launch may be of an agent that config no longer declares.
        var adapters = Probes.Select(static probe => probe.Adapter.Id).ToList();
        var reference = SessionRef.Parse(text, adapters);
        if (reference.Adapter is null && text.Contains('/'))
        {
            reference = SessionRef.Parse(text, launched.Adapters(processes()));
        }

        if (launched.Named(reference.Text, processes()) is { } launch && (reference.Adapter ?? launch.Record.Adapter) == launch.Record.Adapter)
        {
            reference = new SessionRef(launch.Record.Adapter, launch.SessionName);
        }

        var couldNotLook = new List<string>();
        var exact = await FindExactly(reference, couldNotLook, cancellationToken).ConfigureAwait(false);
        if (exact.Count == 1)
        {
            return new Lookup.Found(exact[0]);
        }

        if (exact.Count > 1)
        {
            return new Lookup.Ambiguous([.. exact.Select(static session => new ResolvedSession(session.Adapter, session.Id))]);
        }

        couldNotLook.Clear();
        var names = await Names(couldNotLook, cancellationToken).ConfigureAwait(false);
        switch (reference.Resolve(names))
        {
            case Resolution.Ambiguous several:
                return new Lookup.Ambiguous(several.Candidates);
            case Resolution.Found one:
                var found = await FindExactly(new SessionRef(one.Session.Adapter, one.Session.Id), couldNotLook, cancellationToken).ConfigureAwait(false);
                return found.Count > 0 ? new Lookup.Found(found[0]) : new Lookup.NotFound(couldNotLook);
            default:
                return new Lookup.NotFound(couldNotLook);
        }
    }

    private async Task<IReadOnlyList<Session>> FindExactly(SessionRef reference, List<string> couldNotLook, CancellationToken cancellationToken)
    {
        var context = Context(Reach.All, since: null);
        var found = await Task.WhenAll(Probes
            .Where(probe => reference.Adapter is null || probe.Adapter.Id == reference.Adapter)
            .Select(async probe =>
            {
                try
                {
                    return (Sighting: await probe.Ask(token => probe.Adapter.Find(reference.Text, context, token), cancellationToken).ConfigureAwait(false), Error: (string?)null);
                }
                catch (CannotLookException refusal)
                {
                    var remembered = memory.Recall(probe.Adapter.Id)?.AsUnknown(Reasons.AdapterFailed)
                        .FirstOrDefault(sighting => sighting.Id == reference.Text || sighting.Aliases.Contains(reference.Text));
                    return (Sighting: remembered, Error: $"{probe.Adapter.Id}: {refusal.Message}");
                }
            })).ConfigureAwait(false);
        couldNotLook.AddRange(found.Where(static answer => answer.Error is not null).Select(static answer => answer.Error!));
        IReadOnlyList<Sighting> seen = [.. found.Where(static answer => answer.Sighting is not null).Select(static answer => answer.Sighting!)];
        return Merge.Sessions(launched.Unite(seen, LaunchesOf(reference, seen, context.Processes)));
    }

    /// <summary>The launches of the sessions that were found; or, where no adapter knows it, of the one that is meant.</summary>
    private IReadOnlyList<Launch> LaunchesOf(SessionRef reference, IReadOnlyList<Sighting> seen, IProcessTable table)
    {
        var meant = seen.Select(static sighting => (sighting.Adapter, sighting.Id, sighting.Facts.Process)).ToList();
        if (meant.Count == 0)
        {
            meant = [.. (reference.Adapter is { } adapter ? [adapter] : launched.Adapters(reference.Text, table)).Select(of => (of, reference.Text, (ProcessIdentity?)null))];
        }

        return [.. meant.Select(session => launched.Of(session.Item1, session.Item2, session.Item3, table)).OfType<Launch>()];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var probe in Probes)
        {
            await probe.DisposeAsync().ConfigureAwait(false);
        }
    }
}

internal sealed record Discovered(IReadOnlyList<Session> Sessions, IReadOnlyList<AdapterOutcome> Outcomes);

internal abstract record Lookup
{
    private Lookup()
    {
    }

    public sealed record Found(Session Session) : Lookup;

    public sealed record Ambiguous(IReadOnlyList<ResolvedSession> Candidates) : Lookup;

    public sealed record NotFound(IReadOnlyList<string> CouldNotLook) : Lookup;
}
