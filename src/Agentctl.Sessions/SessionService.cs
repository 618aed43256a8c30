using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>
/// The heart as a library: answers everything about sessions, in process. The daemon serves its bytes; the command line uses it
/// directly when there is no daemon. Nothing in here remembers a session: each answer is a look.
/// </summary>
public sealed partial class SessionService : IAgentctlApi, IAsyncDisposable
{
    private readonly SessionServiceOptions options;
    private readonly SessionDiscovery discovery;
    private readonly ChangeSignal changes = new();

    /// <summary>By whether the list is one of all.</summary>
    private readonly ConcurrentDictionary<bool, Page> pages = [];
    private readonly ExitWatches exits;
    private readonly JournalWatches journals;
    private readonly Lock gate = new();
    private readonly List<IDisposable> watches = [];
    private bool watching;
    private long looksBegun;

    private SessionService(SessionServiceOptions options, IReadOnlyList<IAgentAdapter> adapters)
    {
        this.options = options;
        exits = new ExitWatches(changes.Raise);
        store = new LaunchStore(options.Environment.AgentctlHome) { Notice = options.Notice };
        var settings = SettingsOf(options);
        hooks = new LaunchHooks(store.Places, settings.ShimPath, options.Environment.Variables);
        undertaker = new Undertaker(store.Places, hooks);
        locks = new DirectoryLocks(store.Places, options.Time);
        var output = new OutputReading(store.Places);
        var launchers = adapters.OfType<IAgentLauncher>().ToDictionary(static launcher => launcher.Id);
        acpStore = new AcpStore(store.Places);
        journals = new JournalWatches(acpStore, changes.Raise);
        var standings = new AcpStandings(acpStore, store.Places);
        queue = new QueuedLaunches(store, undertaker, locks, settings);
        var sightings = new LaunchSightings(options.Environment, store.Places, standings, [.. adapters.Where(static adapter => adapter.TellsTurns).Select(static adapter => adapter.Id)], options.Time);
        var launched = new LaunchedSessions(store, undertaker, output, queue, sightings, launchers.GetValueOrDefault);
        discovery = new SessionDiscovery(options, adapters, launched, changes.Raise);
        var launcher = new Launcher(store, undertaker, locks, queue, settings, options.Time);
        launching = new Launching(options, store, undertaker, output, launcher, launchers.GetValueOrDefault, id => adapters.FirstOrDefault(adapter => adapter.Id == id) as IHostLauncher, discovery.Find, Shorten, (full, token) => conversations!.MakeRoom(full, token));
        var quarantine = new WorktreeQuarantine(options.Environment.AgentctlHome, options.Time);
        launchingMany = new LaunchingMany(options, store, launching, launcher, quarantine, KnownGroups);
        locking = new Locking(options.Environment, store, undertaker, locks, output, launchers.GetValueOrDefault, options.Time);
        worktrees = new Worktrees(options.Environment, store, undertaker, locks, locking, quarantine, RecentSessions, discovery.Find);
        Fuse = new DirectoryFuses(store.Places, options.Time);
        legacy = new LegacyImport(store, undertaker, locks, Fuse, options.Time);
        fusing = new Fusing(options.Environment, store, undertaker, locks, Fuse, options.Time);
        pruning = new Pruning(store, undertaker, locks, new LaunchExpiry(store, locks, Fuse, options.Time), quarantine, options.Environment);
        limits = settings;
        launchStop = new LaunchStop(store, undertaker, locks, options.Time);
        conversations = new Conversations(options, acpStore, standings, store, undertaker, launcher, launchStop, settings.ShimPath, changes.Raise);
        feed = new ChangeFeed(changes, LookForFeed, FindRow, options.Loops, options.Time);
        stopping = new Stopping(options, store, undertaker, launchStop, adapters, discovery.Find);
        queueing = new Queueing(store, undertaker, queue, discovery.Find, stopping);
        waiting = new Waiting(feed, discovery.Find, options.Environment.Home, options.Time);
        if (options.Watching)
        {
            BeginWatching();
        }
    }

    public static SessionService Create(SessionServiceOptions options) => new(options, options.Adapters ?? BuiltInAdapters.All(options));

    /// <summary>Ids of the adapters this service asks.</summary>
    public IReadOnlyList<string> AdapterIds => [.. discovery.Probes.Select(static probe => probe.Adapter.Id)];

    /// <summary>Calls <paramref name="changed"/>, on any thread and possibly too often, when an answer may have changed.</summary>
    public IDisposable Watch(Action changed)
    {
        BeginWatching();
        return changes.Listen(changed);
    }

    public async Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken)
    {
        if (Refused(query) is { } refusal)
        {
            return refusal;
        }

        var list = await Look(query, cancellationToken).ConfigureAwait(false);
        return Replies.Sessions(list.Page.Rows, list.Outcomes, list.ShortIds);
    }

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken) =>
        Task.FromResult(Refused(query) is { } refusal
            ? new ApiParts(refusal.Status, refusal.Body, Nothing())
            : new ApiParts(200, default, ListWheneverChanged(query, cancellationToken)));

    public async Task<ApiReply> Status(string reference, CancellationToken cancellationToken) =>
        await discovery.Find(reference, cancellationToken).ConfigureAwait(false) switch
        {
            Lookup.Found found => new ApiReply(200, RowBytes.Of(found.Session, options.Environment.Home)),
            var other => Replies.NotOne(reference, other),
        };

    public async Task<ApiReply> Explain(string reference, CancellationToken cancellationToken) =>
        await discovery.Find(reference, cancellationToken).ConfigureAwait(false) switch
        {
            Lookup.Found found => Replies.Ok(Explanation.Of(found.Session, options.Environment.Home, options.Time.GetUtcNow()), ApiJson.Readable.ExplainDocument),
            var other => Replies.NotOne(reference, other),
        };

    public async Task<ApiReply> Usage(string reference, CancellationToken cancellationToken)
    {
        var lookup = await discovery.Find(reference, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            return Replies.NotOne(reference, lookup);
        }

        try
        {
            var tokens = ProbeOf(session) is { } probe
                ? await probe.Ask(token => probe.Adapter.CountTokens(session.Id, token), cancellationToken).ConfigureAwait(false)
                : null;
            return Replies.Ok(
                new UsageDocument(session.Id, session.Adapter, tokens is null ? null : new RowTokens(tokens.In, tokens.Out, tokens.CacheRead, tokens.CacheWrite)),
                ApiJson.Readable.UsageDocument);
        }
        catch (CannotLookException refusal)
        {
            return Replies.CouldNotLook(session.Adapter, refusal.Message);
        }
    }

    public async Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken)
    {
        var lookup = await discovery.Find(reference, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            var problem = Replies.NotOne(reference, lookup);
            return new ApiParts(problem.Status, problem.Body, Nothing());
        }

        // Read the first part here, so that a record that cannot be read is a problem and not an empty stream.
        var range = new TranscriptRange(query.Last, Role: query.Role);
        try
        {
            var first = await (ProbeOf(session) is { } probe
                ? probe.Ask(token => Collect(Entries(session, range, token), token), cancellationToken)
                : Collect(ConversationOf(session) is { } conversation ? AcpTranscript.Read(acpStore, conversation, range, isGrowing: query.Follow && !session.State.IsTerminal()) : Entries(session, range, cancellationToken), cancellationToken)).ConfigureAwait(false);
            return new ApiParts(200, default, Lines(session, first, query, cancellationToken));
        }
        catch (CannotLookException refusal)
        {
            var problem = Replies.CouldNotLook(session.Adapter, refusal.Message);
            return new ApiParts(problem.Status, problem.Body, Nothing());
        }
    }

    /// <summary>How many sessions of each state each adapter has at this moment, unknown among them.</summary>
    public async Task<SessionCounts> Count(CancellationToken cancellationToken)
    {
        var discovered = await discovery.Look(Reach.Active, since: null, adapter: null, cancellationToken).ConfigureAwait(false);
        var live = discovered.Sessions.Where(static session => !session.State.IsTerminal()).ToList();
        return new SessionCounts(
            live.Count(static session => session.State.IsActive()),
            live.Count(static session => session.State == SessionState.Unknown),
            discovered.Outcomes.ToDictionary(
                static outcome => outcome.Adapter,
                outcome => (IReadOnlyDictionary<string, int>)live
                    .Where(session => session.Adapter == outcome.Adapter)
                    .GroupBy(static session => session.State.Word())
                    .ToDictionary(static group => group.Key, static group => group.Count())),
            [.. discovered.Outcomes.Select(Replies.Report)]);
    }

    /// <summary>What doctor tells about the adapters.</summary>
    public Task<IReadOnlyList<DoctorAdapter>> Diagnose(CancellationToken cancellationToken) => AdapterCheck.Of(discovery, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            foreach (var watch in watches)
            {
                watch.Dispose();
            }

            watches.Clear();
        }

        await conversations.DisposeAsync().ConfigureAwait(false);
        await feed.DisposeAsync().ConfigureAwait(false);
        store.Dispose();
        exits.Dispose();
        journals.Dispose();
        await discovery.DisposeAsync().ConfigureAwait(false);
    }

    private sealed record Listed(Page Page, IReadOnlyList<AdapterOutcome> Outcomes, IReadOnlyList<string>? ShortIds);

    private sealed record PrintedIds(long Version, IReadOnlyList<string> Ids);

    /// <summary>The rows of one query, in order.</summary>
    /// <param name="From">What was discovered; the same list again gives the same page.</param>
    /// <param name="OldestEnd">The oldest of the ended sessions among them: the page holds until the window moves past it.</param>
    private sealed record Page(IReadOnlyList<Session> From, DateTimeOffset OldestEnd, List<Session> Sessions, IReadOnlyList<ReadOnlyMemory<byte>> Rows)
    {
        /// <summary>The ids as they were last printed, and the version of the world they were unique in.</summary>
        public PrintedIds? Printed { get; set; }
    }

    private ApiReply? Refused(ListQuery query) =>
        query.Adapter is { } adapter && !AdapterIds.Contains(adapter) && !AcpAgents.Adapters(options.Config.Acp.Agents).Contains(adapter)
            ? Replies.BadRequest($"Unknown adapter: {adapter}. Known: {string.Join(", ", AdapterIds)}.")
            : null;

    private async Task<Listed> Look(ListQuery query, CancellationToken cancellationToken)
    {
        // A filter on an ended state asks for what ended.
        var all = query.All || query.Since is not null || query.Status is { } status && status.IsTerminal();
        var since = query.Since ?? options.Time.GetUtcNow() - DiscoveryContext.Window;
        var turn = Interlocked.Increment(ref looksBegun);
        var discovered = await discovery.Look(all ? Reach.All : Reach.Active, since, query.Adapter, cancellationToken).ConfigureAwait(false);
        var page = PageOf(query, all, since, discovered.Sessions);

        // A list of some is no reason to look away from the others.
        if (watching && query is { Since: null, Adapter: null, Status: null, Group: null })
        {
            var living = page.Sessions.Where(static session => session.Verdict.IsAlive).ToList();
            exits.Follow(turn, living
                .SelectMany(static session => (ProcessIdentity?[])[session.Sighting.Facts.Process, session.Sighting.Facts.Launch?.Shim])
                .OfType<ProcessIdentity>());
            journals.Follow(turn, living.Select(static session => session.Sighting.Facts.Launch?.Conversation).OfType<string>().Where(id => !conversations.IsOurs(id)));
        }

        var shortIds = query.ShortIds ? await ShortIds(page, cancellationToken).ConfigureAwait(false) : null;
        return new Listed(page, discovered.Outcomes, shortIds);
    }

    private Page PageOf(ListQuery query, bool all, DateTimeOffset since, IReadOnlyList<Session> discovered)
    {
        // Only the two lists that everybody asks for are kept.
        var isKept = query is { Since: null, Adapter: null, Status: null, Group: null };
        if (isKept && pages.TryGetValue(all, out var last) && ReferenceEquals(last.From, discovered) && since <= last.OldestEnd)
        {
            return last;
        }

        var sessions = discovered
            .Where(session => !session.State.IsTerminal() || (all && (session.Sighting.LastActivityAt ?? since) >= since))
            .Where(session => query.Status is null || session.State == query.Status)
            .Where(session => query.Group is null || session.Group == query.Group)
            .ToList();
        sessions.Sort(InListOrder);
        var oldestEnd = DateTimeOffset.MaxValue;
        foreach (var session in sessions)
        {
            oldestEnd = session.State.IsTerminal() && session.Sighting.LastActivityAt is { } at && at < oldestEnd ? at : oldestEnd;
        }

        var page = new Page(discovered, oldestEnd, sessions, RowBytes.Of(sessions, options.Environment.Home));
        if (isKept && sessions.Count <= RowBytes.MostKept)
        {
            pages[all] = page;
        }

        return page;
    }

    private async Task<IReadOnlyList<string>> ShortIds(Page page, CancellationToken cancellationToken)
    {
        // A new name anywhere raises the version, if changes are pushed at all.
        var version = changes.Version;
        if (watching && page.Printed is { } known && known.Version == version)
        {
            return known.Ids;
        }

        if (page.Sessions.Count == 0)
        {
            return [];
        }

        var names = await discovery.Names([], cancellationToken).ConfigureAwait(false);
        var shortened = SessionRef.Shorten(page.Sessions.Select(static session => session.Id), names.Select(static name => name.Name));
        IReadOnlyList<string> ids = [.. page.Sessions.Select(session => shortened[session.Id])];
        page.Printed = new PrintedIds(version, ids);
        return ids;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ListWheneverChanged(ListQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        BeginWatching();
        Listed? told = null;
        var seen = feed.Looks;
        while (true)
        {
            var list = await Look(query, cancellationToken).ConfigureAwait(false);
            if (told is null || !TellsTheSame(told, list))
            {
                told = list;
                yield return Replies.Sessions(list.Page.Rows, list.Outcomes, list.ShortIds).Whole();
            }

            seen = await feed.LooksBeyond(seen, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Equal but for how long the looks took.</summary>
    private static bool TellsTheSame(Listed one, Listed other) =>
        one.Page.Rows.Count == other.Page.Rows.Count
        && one.Page.Rows.Zip(other.Page.Rows).All(static both => both.First.Span.SequenceEqual(both.Second.Span))
        && one.Outcomes.Select(static outcome => (outcome.Status, outcome.Error)).SequenceEqual(other.Outcomes.Select(static outcome => (outcome.Status, outcome.Error)));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Lines(
        Session session, IReadOnlyList<TranscriptEntry> first, TranscriptQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (query.Follow)
        {
            BeginWatching();
        }

        var seen = feed.Looks;
        long? cursor = null;
        foreach (var entry in first)
        {
            cursor = entry.Cursor;
            yield return Line(entry);
        }

        using var acp = query.Follow && ConversationOf(session) is { } conversation ? new AcpTranscript(acpStore, conversation) : null;
        while (query.Follow)
        {
            // Looked at before the reading: what was written until its end is then read.
            var now = await discovery.Find(session.Sighting.Name, cancellationToken).ConfigureAwait(false) is Lookup.Found found ? found.Session : session;

            // What came after the first part was read is read in the first round.
            var news = new TranscriptRange(After: cursor ?? 0, Role: query.Role);
            await foreach (var entry in (acp?.News(news, now.State.IsTerminal()) ?? Entries(now, news, cancellationToken)).ConfigureAwait(false))
            {
                cursor = entry.Cursor;
                yield return Line(entry);
            }

            if (query.UntilEnded && now.State.IsTerminal())
            {
                yield break;
            }

            seen = await feed.LooksBeyond(seen, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The ACP session whose history is the only transcript there is; null when an adapter reads the agent's own records.</summary>
    private string? ConversationOf(Session session) => ProbeOf(session) is null ? session.Sighting.Facts.Launch?.Conversation : null;

    /// <summary>From what the agent wrote; of an agent whose records nobody reads, from what it printed.</summary>
    private IAsyncEnumerable<TranscriptEntry> Entries(Session session, TranscriptRange range, CancellationToken cancellationToken) =>
        session.Sighting.Facts.Launch is { TellsTurns: false } launch && ProbeOf(session)?.Adapter.TellsTranscripts is not true ? new PrintedTranscript(store.Places.Of(launch.LaunchId)).Read(range, cancellationToken)
        : ProbeOf(session) is { } probe ? probe.Adapter.ReadTranscript(session.Id, range, cancellationToken)
        : new PrintedTranscript(null).Read(range, cancellationToken);

    private static async Task<IReadOnlyList<TranscriptEntry>> Collect(IAsyncEnumerable<TranscriptEntry> entries, CancellationToken cancellationToken)
    {
        var collected = new List<TranscriptEntry>();
        await foreach (var entry in entries.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            collected.Add(entry);
        }

        return collected;
    }

    private static ReadOnlyMemory<byte> Line(TranscriptEntry entry) => JsonSerializer.SerializeToUtf8Bytes(
        new TranscriptLine(
            entry.Role,
            entry.Text,
            entry.Tool,
            entry.At,
            entry.Tokens is { } tokens ? new RowTokens(tokens.In, tokens.Out, tokens.CacheRead, tokens.CacheWrite) : null,
            entry.Cursor),
        ApiJson.Readable.TranscriptLine);

    private AdapterProbe? ProbeOf(Session session) => discovery.Probes.FirstOrDefault(probe => probe.Adapter.Id == session.Adapter);

    private void BeginWatching()
    {
        lock (gate)
        {
            if (watching)
            {
                return;
            }

            watching = true;
            watches.Add(store.Watch(changes.Raise));
            foreach (var probe in discovery.Probes)
            {
                watches.Add(probe.Adapter.Watch(() =>
                {
                    probe.Nudge();
                    changes.Raise();
                }));
            }
        }
    }

    /// <summary>Who needs a human first, what is over last; then the newest; then by name, so that the order never depends on chance.</summary>
    private static int InListOrder(Session one, Session other)
    {
        var order = one.State.ListOrder().CompareTo(other.State.ListOrder());
        order = order != 0 ? order : Nullable.Compare(other.Sighting.LastActivityAt, one.Sighting.LastActivityAt);
        order = order != 0 ? order : string.CompareOrdinal(one.Adapter, other.Adapter);
        return order != 0 ? order : string.CompareOrdinal(one.Id, other.Id);
    }

#pragma warning disable CS1998 // an empty stream has nothing to await
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Nothing()
    {
        yield break;
    }
#pragma warning restore CS1998
}

/// <summary>Sessions of this moment by adapter and state.</summary>
public sealed record SessionCounts(
    int Active,
    int Unknown,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> ByAdapter,
    IReadOnlyList<AdapterReport> Adapters);
