using System.Runtime.CompilerServices;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>What is asked about launches; each kind of question has its own class.</summary>
public sealed partial class SessionService
{
    private readonly LaunchStore store;
    private readonly Undertaker undertaker;
    private readonly LaunchStop launchStop;
    private readonly DirectoryLocks locks;
    private readonly Launching launching;
    private readonly LaunchingMany launchingMany;
    private readonly Worktrees worktrees;
    private readonly LaunchHooks hooks;
    private readonly QueuedLaunches queue;
    private readonly Queueing queueing;
    private readonly Fusing fusing;
    private readonly LegacyImport legacy;
    private readonly Locking locking;
    private readonly Pruning pruning;
    private readonly Stopping stopping;
    private readonly Waiting waiting;
    private readonly ChangeFeed feed;
    private readonly LaunchSettings limits;

    /// <summary>Directories with a time limit, for who fires them.</summary>
    public DirectoryFuses Fuse { get; }

    /// <summary>Takes over the Node tool's locks and fuses, once: what was done, one line each.</summary>
    public Task<IReadOnlyList<string>> ImportLegacy(CancellationToken cancellationToken) => legacy.Run(cancellationToken);

    /// <summary>Where launches and fuses keep their files.</summary>
    public LaunchPlaces Places => store.Places;

    /// <summary>The executable agentctl-shim; null when it is not there.</summary>
    public string? ShimPath => limits.ShimPath;

    /// <summary>What looks after launches in a daemon while nobody asks.</summary>
    public LaunchKeeper Keeper(Action<string> told) =>
        new(store, undertaker, launchStop, hooks, queue, async token =>
        {
            // Neither of them keeps the other, or the pruning of launches, from being done.
            await Attempt("end the agents of ACP sessions whose shim was killed", () => conversations.EndUnreachableAgents(token)).ConfigureAwait(false);
            await Attempt("remove ACP sessions that have expired", () =>
            {
                conversations.PruneExpired();
                return Task.CompletedTask;
            }).ConfigureAwait(false);

            async Task Attempt(string what, Func<Task> act)
            {
                try
                {
                    await act().ConfigureAwait(false);
                }
                catch (Exception failure) when (!token.IsCancellationRequested)
                {
                    told($"could not {what}: {failure.Message}");
                }
            }

            _ = await pruning.Prune(dryRun: false, token).ConfigureAwait(false);
        }, options.Loops, told, options.Time);

    public Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) => Guarded(() => launching.Launch(order, cancellationToken));

    /// <summary>Launches that belong together, each in a worktree: only in process, as every launch of the command line.</summary>
    /// <param name="told">Receives each step, one line.</param>
    public Task<ApiReply> LaunchMany(ManyOrder order, Action<string> told, CancellationToken cancellationToken) =>
        Guarded(() => launchingMany.Launch(order, told, cancellationToken));

    /// <summary>A <see cref="WorktreesDocument"/>: the trees of the repository that a directory belongs to.</summary>
    public Task<ApiReply> ListWorktrees(string directory, CancellationToken cancellationToken) => Guarded(() => worktrees.List(directory, cancellationToken));

    /// <summary>A <see cref="CleanDocument"/>.</summary>
    public Task<ApiReply> CleanWorktrees(CleanOrder order, CancellationToken cancellationToken) => Guarded(() => worktrees.Clean(order, cancellationToken));

    /// <summary>A <see cref="RemovedWorktreesDocument"/>: what can be restored.</summary>
    public Task<ApiReply> RemovedWorktrees() => Guarded(() => Task.FromResult(worktrees.Removed()));

    /// <summary>A <see cref="RestoredDocument"/>.</summary>
    /// <param name="target">The id or the path of a removed worktree.</param>
    public Task<ApiReply> RestoreWorktree(string target, CancellationToken cancellationToken) => Guarded(() => worktrees.Restore(target, cancellationToken));

    public Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken) => Guarded(async () =>
        await Meant(order.Sessions, order.Group, order.All, cancellationToken).ConfigureAwait(false) is { Length: > 0 } references
            ? await stopping.Stop(order, references, cancellationToken).ConfigureAwait(false)
            : order.All ? Replies.Ok(new StopDocument([]), ApiJson.Readable.StopDocument) : NobodyMeant(order.Group));

    public Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken) =>
        Guarded(async () => await ConversationOf(reference, cancellationToken).ConfigureAwait(false) is { } conversation
            ? await conversations.Send(conversation, order.Text, cancellationToken).ConfigureAwait(false)
            : await stopping.Send(reference, order.Text, cancellationToken).ConfigureAwait(false));

    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) =>
        Guarded(async () => await ConversationOf(reference, cancellationToken).ConfigureAwait(false) is { } conversation
            ? await conversations.Cancel(conversation, cancellationToken).ConfigureAwait(false)
            : await stopping.Cancel(reference, cancellationToken).ConfigureAwait(false));

    public Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken) => Guarded(async () =>
    {
        if (!Waiting.Goals.Contains(order.For))
        {
            return Replies.BadRequest($"There is no waiting for '{order.For}'; known are {string.Join(", ", Waiting.Goals)}.");
        }

        BeginWatching();

        // Of a group also what has ended: whether its end is seen must not depend on who was faster.
        var references = order.Group is { } group
            ? [.. order.Sessions, .. (await RecentSessions(cancellationToken).ConfigureAwait(false)).Where(session => session.Group == group).Select(static session => session.Sighting.Name)]
            : order.Sessions;
        return references.Count > 0
            ? await waiting.Wait(order, references, cancellationToken).ConfigureAwait(false)
            : NobodyMeant(order.Group);
    });

    public Task<ApiReply> Locks(CancellationToken cancellationToken) => Guarded(() => Task.FromResult(locking.Locks()));

    public Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken) => Guarded(() => locking.Take(order, cancellationToken));

    public Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken) => Guarded(() => locking.Release(directory, cancellationToken));

    /// <summary>Holds a directory while a command runs: only in process, for a lease lives with its holder.</summary>
    public Task<HoldOutcome> HoldLock(LockOrder order, string command, bool force, CancellationToken cancellationToken) =>
        locking.Hold(order, command, force, limits.DirectoryRule, cancellationToken);

    /// <summary>What a person's terminal becomes to go on with a session: only in process, for it is the caller's terminal.</summary>
    public Task<AttachOutcome> PlanAttach(string reference, CancellationToken cancellationToken) => launching.PlanAttach(reference, cancellationToken);

    public Task<ApiReply> Queue(CancellationToken cancellationToken) => Guarded(() => Task.FromResult(queueing.List()));

    public Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken) => Guarded(() => queueing.Change(order, cancellationToken));

    public Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken) => Guarded(async () =>
    {
        var lookup = await discovery.Find(reference, cancellationToken).ConfigureAwait(false);
        return lookup is not Lookup.Found { Session: var session } ? Replies.NotOne(reference, lookup)
            : Replies.Ok(
                new HooksDocument(session.Sighting.Name, session.Sighting.Facts.Launch is { } launched && store.Find(launched.LaunchId) is { } launch ? hooks.Results(launch) : []),
                ApiJson.Readable.HooksDocument);
    });

    public Task<ApiReply> Fuses(CancellationToken cancellationToken) => Guarded(() => Task.FromResult(fusing.List()));

    public Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken) => Guarded(() => fusing.Change(order, cancellationToken));

    public Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken) => Guarded(() => pruning.Prune(dryRun, cancellationToken));

    public Task<ApiParts> Events(string? after, CancellationToken cancellationToken)
    {
        BeginWatching();
        return Task.FromResult(new ApiParts(200, default, EventLines(after, cancellationToken)));
    }

    /// <summary>What is held at this moment.</summary>
    public HeldCounts CountHeld()
    {
        var held = Held();
        return new HeldCounts(limits.Limits.Count(held), locking.Rows(held, []).Count, held.Count, feed.SweepCatches, Fuse.Burning([]).Count);
    }

    private static LaunchSettings SettingsOf(SessionServiceOptions options) =>
        new(
        LaunchSettings.FindShim(options.Environment),
        new LaunchLimits(options.Config.MaxConcurrent, options.Config.MaxConcurrentByAdapter, options.Config.MaxConcurrentByGroup),
        options.Config.LockMode,
        (long)options.Config.OutputCapMegabytes << 20);

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> EventLines(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var change in feed.Read(after, cancellationToken).ConfigureAwait(false))
        {
            yield return JsonSerializer.SerializeToUtf8Bytes(change, ApiJson.Readable.EventDocument);
        }
    }

    /// <summary>References as given; or those of a group, or of everything agentctl launched that is active.</summary>
    private async Task<string[]> Meant(IReadOnlyList<string> references, string? group, bool all, CancellationToken cancellationToken)
    {
        if (group is null && !all)
        {
            return [.. references];
        }

        var discovered = await discovery.Look(Reach.Active, since: null, adapter: null, cancellationToken).ConfigureAwait(false);
        return
        [
            .. references,
            .. discovered.Sessions
                .Where(session => !session.State.IsTerminal() && (group is not null ? session.Group == group : session.Sighting.Facts.Launch is { IsHeld: true } or { Queue: not null }))
                .Select(static session => session.Sighting.Name),
        ];
    }

    private async Task<IReadOnlyList<Session>> RecentSessions(CancellationToken cancellationToken) =>
        (await discovery.Look(Reach.All, options.Time.GetUtcNow() - DiscoveryContext.Window, adapter: null, cancellationToken).ConfigureAwait(false)).Sessions;

    /// <summary>Compared with its own adapter's names and all launches: a gateway that hangs must not hold up what has started.</summary>
    private async Task<string> Shorten(string adapter, string id, CancellationToken cancellationToken) =>
        SessionRef.Shorten([id], (await discovery.Names([], cancellationToken, adapter).ConfigureAwait(false)).Select(static name => name.Name))[id];

    private Task<IReadOnlySet<string>> KnownGroups(CancellationToken cancellationToken) =>
        Task.Run<IReadOnlySet<string>>(() => store.All([]).Select(static launch => launch.Record.Group).OfType<string>().ToHashSet(StringComparer.Ordinal), cancellationToken);

    private static ApiReply NobodyMeant(string? group) => Replies.Problem(new ProblemDocument(
        "/problems/not-found", "Nobody meant", 404, group is null ? "No session was named." : $"No session belongs to group {group}, or none that is active."));

    private async Task<FeedLook> LookForFeed(CancellationToken cancellationToken)
    {
        var list = await Look(new ListQuery(), cancellationToken).ConfigureAwait(false);
        var living = new Dictionary<string, SessionRow>(list.Page.Sessions.Count, StringComparer.Ordinal);
        foreach (var session in list.Page.Sessions)
        {
            living[session.Sighting.Name] = SessionRow.From(session, options.Environment.Home);
        }

        var held = Held();
        return new FeedLook(living, locking.Rows(held, []), limits.Limits.Count(held), store.Ids());
    }

    private List<Launch> Held() => [.. undertaker.Attend(store.Live([]), Platform.ProcessTable.Take()).Where(static launch => launch.IsHeld)];

    private async Task<SessionRow?> FindRow(string reference, CancellationToken cancellationToken) =>
        await discovery.Find(reference, cancellationToken).ConfigureAwait(false) is Lookup.Found { Session: var session } ? SessionRow.From(session, options.Environment.Home) : null;

    /// <summary>What the disk or the kernel refuses is an answer, not a defect.</summary>
    private static async Task<ApiReply> Guarded(Func<Task<ApiReply>> question)
    {
        try
        {
            return await question().ConfigureAwait(false);
        }
        catch (FileNotFoundException gone) when (gone.FileName is null)
        {
            // What .NET throws for a relative path when the current directory was deleted.
            return Replies.BadRequest("The current directory no longer exists. Change to another one, or use --cwd.");
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or CannotLookException or InvalidDataException)
        {
            return Replies.Failed(refusal.Message);
        }
    }
}

/// <summary>What is held at one moment.</summary>
/// <param name="SweepCatches">Changes that no event had announced.</param>
public sealed record HeldCounts(IReadOnlyList<SlotCount> Slots, int Locks, int Launches, long SweepCatches, int Fuses);
