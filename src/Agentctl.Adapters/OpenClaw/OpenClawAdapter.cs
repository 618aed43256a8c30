using System.Runtime.CompilerServices;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// Sessions of an OpenClaw gateway. The gateway hosts the runs, so it alone says what runs; its database is believed only about
/// what ended, and only while the gateway is provably not there.
/// </summary>
public sealed partial class OpenClawAdapter : IAgentAdapter, IOwnerControl, IHostLauncher, IAsyncDisposable
{
    public const string AdapterId = "openclaw";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly AgentEnvironment environment;
    private readonly OpenClawSettings settings;
    private readonly TimeProvider time;
    private readonly GatewayDeadlines deadlines;
    private readonly GatewayDeadlines patientDeadlines;
    private readonly GatewayHandshake handshake;
    private readonly RowSightings sightings;
    private readonly SharedLook<IReadOnlyDictionary<string, GatewayRow>> activeLook = new();
    private readonly SharedLook<IReadOnlyDictionary<string, GatewayRow>> wholeLook = new();
    private readonly SharedFollower follower;

    /// <param name="settings">What our configuration says of the gateway.</param>
    public OpenClawAdapter(AgentEnvironment environment, OpenClawSettings settings, TimeProvider time)
        : this(environment, settings, time, new GatewayDeadlines(), GatewayDeadlines.Patient, Backoff.Default)
    {
    }

    internal OpenClawAdapter(
        AgentEnvironment environment, OpenClawSettings settings, TimeProvider time, GatewayDeadlines deadlines, GatewayDeadlines patientDeadlines, Func<Backoff> backoff)
    {
        this.environment = environment;
        this.settings = settings;
        this.time = time;
        this.deadlines = deadlines;
        this.patientDeadlines = patientDeadlines;
        handshake = new GatewayHandshake(environment, time);
        Id = IdOf(settings.Name);
        sightings = new RowSightings(Id);
        follower = new SharedFollower(changed => new GatewayFollower(() => FindPlace(ProcessTable.Take()), handshake, patientDeadlines, time, backoff(), Loops, changed));
    }

    public string Id { get; }

    /// <summary>Where the loop that follows the gateway is counted.</summary>
    public BackgroundLoops Loops { get; init; } = new(TimeProvider.System);

    /// <summary>The adapter's id for a gateway that our configuration names.</summary>
    public static string IdOf(string? name) => name is null ? AdapterId : $"{AdapterId}-{name}";

    /// <summary>For tests: the connection that follows.</summary>
    internal GatewayFollower? Follower => follower.Current;

    /// <summary>How many followers are kept, for the test of their churn.</summary>
    internal int KeptFollowers => follower.Kept;

    public async Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken)
    {
        var place = FindPlace(context.Processes);
        if (!place.IsThere)
        {
            return AdapterAnswer.Nothing;
        }

        try
        {
            var rows = await Rows(place, context.Reach == Reach.Active, cancellationToken);
            return new AdapterAnswer([.. rows.Values.Where(row => IsWanted(row, context)).Select(sightings.Of)], [], []);
        }
        catch (GatewayFailure refused) when (refused.Kind == GatewayFailureKind.Refused)
        {
            return WithoutGateway(place, refused, context, cancellationToken);
        }
        catch (GatewayFailure failed)
        {
            throw new CannotLookException(failed.Message, failed);
        }
    }

    /// <summary>What is (or may be) alive always; what ended when it is asked for and young enough.</summary>
    private static bool IsWanted(GatewayRow row, DiscoveryContext context) =>
        row.HasActiveRun is not false || (context.Reach == Reach.All && (row.ChangedAt is null || Latest(row) >= context.Since));

    private static DateTimeOffset? Latest(GatewayRow row) => row.UpdatedAt > row.ChangedAt ? row.UpdatedAt : row.ChangedAt;

    private async Task<IReadOnlyDictionary<string, GatewayRow>> Rows(GatewayPlace place, bool activeOnly, CancellationToken cancellationToken)
    {
        if (Follower is { } following && await following.Rows(Patience, cancellationToken) is { } inStep)
        {
            return inStep;
        }

        var look = activeOnly ? activeLook : wholeLook;
        var rows = await look.Join(token => Connected(place, deadlines, (session, own) => List(session, activeOnly, own), token), cancellationToken);
        Follower?.Nudge();
        if (!activeOnly)
        {
            sightings.KeepOnly(rows);
        }

        return rows;
    }

    private async Task<IReadOnlyDictionary<string, GatewayRow>> List(GatewaySession session, bool activeOnly, CancellationToken cancellationToken)
    {
        try
        {
            return await SessionList.Read(session, new ListQuery(activeOnly), deadlines.Call, cancellationToken);
        }
        catch (GatewayFailure unknown) when (activeOnly && unknown is { Kind: GatewayFailureKind.CallFailed, Code: "INVALID_REQUEST" })
        {
            // A gateway of before activeOnly refuses the word; then the whole list is read and sifted here.
            return await SessionList.Read(session, new ListQuery(ActiveOnly: false), deadlines.Call, cancellationToken);
        }
    }

    /// <summary>Runs one look over the connection that follows, else over one of its own.</summary>
    /// <param name="within">A list has the few seconds an adapter is given; who reads a transcript can wait.</param>
    private Task<T> Connected<T>(
        GatewayPlace place, GatewayDeadlines within, Func<GatewaySession, CancellationToken, Task<T>> look, CancellationToken cancellationToken) => Deadline.Within(
        within.Look,
        time,
        async token =>
        {
            if (Follower?.Live is { } live)
            {
                try
                {
                    return await look(live, token);
                }
                catch (GatewayFailure ended) when (live.Connection.Failure is not null)
                {
                    _ = ended; // it broke while we used it; an own connection tells what is the matter
                }
            }

            await using var own = await handshake.Open(place, within, onEvent: null, token);
            return await look(own, token);
        },
        () => new GatewayFailure(GatewayFailureKind.Silent, $"{GatewaySocket.Named(place.Address)} did not answer within {Deadline.Text(within.Look)}; it may be busy or hang: try again, or look at `openclaw gateway status`"),
        cancellationToken);

    private AdapterAnswer WithoutGateway(GatewayPlace place, GatewayFailure refused, DiscoveryContext context, CancellationToken cancellationToken)
    {
        var gone = GatewayAbsence.Prove(place, refused, context.Processes, environment);
        string[] notes = [$"the OpenClaw gateway is not running ({gone.Fact})"];
        if (context.Reach == Reach.Active)
        {
            return new AdapterAnswer([], [], notes);
        }

        var problems = new List<string>();
        var rows = Store(place).Read(context.Since, problems, problems, cancellationToken);
        return new AdapterAnswer([.. rows.Select(row => sightings.Make(row.Row, RowFacts.FromStore(row.Row, row.Source, gone)))], problems, notes);
    }

    public async Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken)
    {
        var processes = ProcessTable.Take();
        var place = FindPlace(processes);
        if (!place.IsThere)
        {
            return [];
        }

        return await Answer(
            place,
            processes,
            async token => (await Rows(place, activeOnly: false, token)).Values,
            _ => Believed(problems => Store(place).Read(DateTimeOffset.UnixEpoch, problems, [], cancellationToken).Select(row => row.Row).ToList()),
            cancellationToken) is { } rows ? [.. rows.SelectMany(RowSightings.NamesOf)] : [];
    }

    public async Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken)
    {
        var place = FindPlace(context.Processes);
        if (!place.IsThere)
        {
            return null;
        }

        return await Answer(
            place,
            context.Processes,
            async token => await FindRow(place, id, token) is { } row ? sightings.Of(row) : null,
            gone => Believed(problems => Store(place).Find(id, problems, cancellationToken)) is { } kept
                ? sightings.Make(kept.Row, RowFacts.FromStore(kept.Row, kept.Source, gone))
                : null,
            cancellationToken);
    }

    private async Task<GatewayRow?> FindRow(GatewayPlace place, string id, CancellationToken cancellationToken)
    {
        if (Follower is { } following && await following.Rows(Patience, cancellationToken) is { } inStep)
        {
            return Pick(inStep, id);
        }

        var search = id.LastIndexOf('@') is var at and > 0 ? id[..at] : GatewayRow.BaseKey(id);
        return Pick(await Connected(place, deadlines, (session, token) => SessionList.Read(session, new ListQuery(ActiveOnly: false, search), deadlines.Call, token), cancellationToken), id);
    }

    private static GatewayRow? Pick(IReadOnlyDictionary<string, GatewayRow> rows, string id) =>
        rows.GetValueOrDefault(GatewayRow.BaseKey(id)) ?? rows.Values.FirstOrDefault(row => row.SessionId == id || row.Key == id);

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(string id, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var entries = new List<TranscriptEntry>();
        var unreadable = new UnreadableParts();
        await ReadMessages(id, range.Role is null && range.After is null ? range.Last : null, (cursor, message, problem) =>
        {
            if (range.After is { } after && cursor <= after)
            {
                return false;
            }

            if (problem is not null)
            {
                unreadable.Add(problem, null, cursor);
                return true;
            }

            Add(unreadable.Take());
            foreach (var entry in History.Entries(message, cursor).Reverse())
            {
                Add(entry);
            }

            return range.Last is not { } last || entries.Count < last;
        }, cancellationToken);
        Add(unreadable.Take());

        for (var i = Math.Min(entries.Count, range.Last ?? int.MaxValue) - 1; i >= 0; i--)
        {
            yield return entries[i];
        }

        void Add(TranscriptEntry? entry)
        {
            if (entry is not null && (range.Role is null || entry.Role == range.Role))
            {
                entries.Add(entry);
            }
        }
    }

    public async Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken)
    {
        TokenUsage? total = null;
        await ReadMessages(id, most: null, (_, message, problem) =>
        {
            total = problem is null && History.Usage(message) is { } usage ? (total ?? new TokenUsage(0, 0)) + usage : total;
            return true;
        }, cancellationToken);
        return total;
    }

    /// <summary>Gives the messages of a conversation, newest first, as long as <paramref name="take"/> wants more.</summary>
    private async Task ReadMessages(string id, int? most, Func<long, System.Text.Json.JsonElement, string?, bool> take, CancellationToken cancellationToken)
    {
        var processes = ProcessTable.Take();
        var place = FindPlace(processes);
        if (!place.IsThere)
        {
            return;
        }

        await Answer(
            place,
            processes,
            async token =>
            {
                if (await FindRow(place, id, token) is { } row)
                {
                    await Connected(place, patientDeadlines, (session, own) => FromGateway(session, row, own), token);
                }

                return true;
            },
            _ =>
            {
                if (Believed(problems => Store(place).Find(id, problems, cancellationToken)) is { } kept)
                {
                    foreach (var (cursor, message, problem) in History.Newest(Store(place), kept.Row, cancellationToken))
                    {
                        if (!take(cursor, message, problem))
                        {
                            break;
                        }
                    }
                }

                return true;
            },
            cancellationToken);

        async Task<bool> FromGateway(GatewaySession session, GatewayRow row, CancellationToken own)
        {
            await foreach (var (cursor, message) in History.Newest(session, row, most, patientDeadlines.Call, own))
            {
                if (!take(cursor, message, null))
                {
                    break;
                }
            }

            return true;
        }
    }

    /// <summary>Asks the gateway; where it is provably not running, its files.</summary>
    private async Task<T> Answer<T>(
        GatewayPlace place, IProcessTable processes, Func<CancellationToken, Task<T>> fromGateway, Func<Evidence, T> fromStore, CancellationToken cancellationToken)
    {
        try
        {
            return await fromGateway(cancellationToken);
        }
        catch (GatewayFailure refused) when (refused.Kind == GatewayFailureKind.Refused)
        {
            return FromStore(GatewayAbsence.Prove(place, refused, processes, environment));
        }
        catch (GatewayFailure failed)
        {
            throw new CannotLookException(failed.Message, failed);
        }

        T FromStore(Evidence absence)
        {
            try
            {
                return fromStore(absence);
            }
            catch (IOException unreadable)
            {
                throw new CannotLookException(unreadable.Message, unreadable);
            }
        }
    }

    /// <summary>Here half an answer is none: "there is no such session" must not come from a database that could not be read.</summary>
    private static T Believed<T>(Func<List<string>, T> read)
    {
        var problems = new List<string>();
        var found = read(problems);
        return problems.Count == 0 || found is not (null or System.Collections.ICollection) ? found : throw new CannotLookException(string.Join("; ", problems));
    }

    public IDisposable Watch(Action changed) => follower.Watch(changed);

    public Task<Diagnosis> Diagnose(CancellationToken cancellationToken) =>
        new OpenClawDiagnosis(Id, environment, handshake, deadlines).Tell(FindPlace(ProcessTable.Take()), cancellationToken);

    private SessionStore Store(GatewayPlace place) => new(place.StateDirectory, environment);

    private GatewayPlace FindPlace(IProcessTable processes) =>
        GatewayPlace.Find(environment, settings, state => GatewayLock.Judge(state, processes) is GatewayLock.Alive { Port: { } port } ? port : null);

    public ValueTask DisposeAsync() => follower.DisposeAsync();
}
