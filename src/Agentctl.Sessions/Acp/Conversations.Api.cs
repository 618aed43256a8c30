using System.Runtime.CompilerServices;
using System.Text.Json;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The questions of <see cref="IAcpApi"/>.</summary>
internal sealed partial class Conversations
{
    public async Task<ApiReply> New(AcpSessionOrder order, CancellationToken cancellationToken)
    {
        var (record, problem, created, replaced) = Prepare(order);
        if (record is null)
        {
            return problem!.Value;
        }

        if (!created && order.Mode is { } mode && mode != record.Mode)
        {
            return Replies.BadRequest($"{NameOf(record)} is {record.Mode}; a session keeps its mode. To begin another: agentctl sessions new --{(mode == AcpModes.OneShot ? "oneshot" : "name NAME")}");
        }

        if (created || record.SessionId is null)
        {
            var (start, refused) = await WithDriver(record, driver => driver.Warm(order.Environment, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (refused is not null || start is AgentStart.Failed)
            {
                if (created)
                {
                    await Undo(record, cancellationToken).ConfigureAwait(false);
                }

                return refused ?? ProblemOf((AgentStart.Failed)start!);
            }
        }

        return Replies.Ok(Describe(store.Find(record.Id) ?? record, ProcessTable.Take(), created, replaced), ApiJson.Readable.AcpSessionDocument);
    }

    public async Task<ApiReply> List(bool all, CancellationToken cancellationToken)
    {
        await EndTheDumb(cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        var processes = ProcessTable.Take();
        var rows = store.All(problems).Select(record => Describe(record, processes)).Where(row => all || !row.Closed).OrderByDescending(static row => row.LastUsedAt).ToList();
        return Replies.Ok(new AcpSessionsDocument(rows, problems), ApiJson.Readable.AcpSessionsDocument);
    }

    /// <summary>An agent whose shim was killed can be spoken to by nobody any more: whoever looks ends it.</summary>
    private async Task EndTheDumb(CancellationToken cancellationToken)
    {
        foreach (var launch in undertaker.Attend(launches.Live([]), ProcessTable.Take()))
        {
            if (launch is { Record.Conversation: not null, Remains: { Lives: true, CannotTell: false } remains })
            {
                await stop.EndRemains(launch, remains, TimeSpan.FromSeconds(1.5), StopRecord.Undertaker, [], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ApiReply Show(string reference) =>
        Find(reference, out var problem) is { } record ? Replies.Ok(Describe(record, ProcessTable.Take()), ApiJson.Readable.AcpSessionDocument) : problem;

    public ApiReply History(string reference, int? last)
    {
        if (Find(reference, out var problem) is not { } record)
        {
            return problem;
        }

        var entries = new AcpHistory(store, record.Id).Entries().ToList();
        return Replies.Ok(
            new AcpHistoryDocument(record.Id, record.SessionId, entries.Count, last is { } count ? [.. entries.TakeLast(count)] : entries), ApiJson.Readable.AcpHistoryDocument);
    }

    public async Task<ApiReply> Close(string reference, CancellationToken cancellationToken)
    {
        if (Find(reference, out var problem) is not { } record)
        {
            return problem;
        }

        if (!record.Closed || IsDriven(record.Id))
        {
            var (_, refused) = await WithDriver<object>(record, async driver =>
            {
                await driver.Close(cancellationToken).ConfigureAwait(false);
                return driver;
            }, cancellationToken).ConfigureAwait(false);
            if (refused is { } reply)
            {
                return reply;
            }
        }

        return Replies.Ok(Describe(store.Find(record.Id) ?? record, ProcessTable.Take()), ApiJson.Readable.AcpSessionDocument);
    }

    public async Task<ApiReply> Set(string reference, AcpSetOrder order, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        if (Find(reference, out var problem) is not { } record)
        {
            return problem;
        }

        if (WhyClosed(record) is { } closed)
        {
            return closed;
        }

        var (start, refused) = await WithDriver(record, driver => driver.Warm(environment, cancellationToken), cancellationToken).ConfigureAwait(false);
        switch (start)
        {
            case null:
                return refused!.Value;
            case AgentStart.Failed failed:
                return ProblemOf(failed);
            case AgentStart.Ready ready:
                record = store.Find(record.Id) ?? record;
                if (await AcpSettings.Set(ready.Run, record.SessionId!, order, null, cancellationToken).ConfigureAwait(false) is { } wrong)
                {
                    return Replies.Failed(wrong);
                }

                driven.GetValueOrDefault(record.Id)?.Change(before => AcpSettings.With(before, order));
                break;
        }

        return Replies.Ok(Describe(store.Find(record.Id) ?? record, ProcessTable.Take()), ApiJson.Readable.AcpSessionDocument);
    }

    public async Task<ApiReply> Cancel(AcpRecord record, CancellationToken cancellationToken)
    {
        var was = false;
        if (IsDriven(record.Id))
        {
            var (_, refused) = await WithDriver<object>(record, async driver =>
            {
                was = await driver.Cancel("user", cancellationToken).ConfigureAwait(false);
                return driver;
            }, cancellationToken).ConfigureAwait(false);
            if (refused is { } reply)
            {
                return reply;
            }
        }

        return Replies.Ok(
            new ActionDocument(NameOf(record), was, "session/cancel", was ? "the turn is over" : "there was no turn to cancel"), ApiJson.Readable.ActionDocument);
    }

    /// <summary>A prompt that nobody waits for.</summary>
    public async Task<ApiReply> Send(AcpRecord record, string text, CancellationToken cancellationToken)
    {
        var parts = await Prompt(new PromptOrder { Session = record.Id, Text = text, NoWait = true }, cancellationToken).ConfigureAwait(false);
        if (!parts.IsOk)
        {
            return new ApiReply(parts.Status, parts.Problem);
        }

        var request = "";
        await foreach (var part in parts.Parts.ConfigureAwait(false))
        {
            request = JsonSerializer.Deserialize(part.Span, ApiJson.Default.AcpEvent)!.RequestId!;
        }

        return Replies.Ok(
            new ActionDocument(NameOf(record), true, "a prompt", $"accepted as {request}; its result: agentctl sessions result {request}"), ApiJson.Readable.ActionDocument);
    }

    public ApiReply Prune(AcpPruneOrder order)
    {
        var problems = new List<string>();
        var processes = ProcessTable.Take();
        var items = new List<PruneItem>();
        foreach (var record in store.All(problems).Where(record => order.Agent is null || record.Agent == order.Agent))
        {
            var row = Describe(record, processes);
            var age = options.Time.GetUtcNow() - (row.ClosedAt ?? row.LastUsedAt);
            if (!row.Closed || IsDriven(record.Id) || (order.OlderThanDays is { } days && age < TimeSpan.FromDays(days)))
            {
                continue;
            }

            var folder = store.FolderOf(record.Id);
            items.Add(new PruneItem(folder, "ACP session", $"closed {age.TotalHours:0} hours ago", SizeOf(folder)));
            if (!order.DryRun)
            {
                store.Remove(record);
            }
        }

        return Replies.Ok(new PruneDocument(!order.DryRun, items, problems), ApiJson.Readable.PruneDocument);
    }

    /// <summary>Closed for longer than the window of <c>list -a</c>: what goes without being asked for.</summary>
    public void PruneExpired() => Prune(new AcpPruneOrder(OlderThanDays: DiscoveryContext.Window.TotalDays));

    public async Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken)
    {
        if (WrongPrompt(order) is { } wrong)
        {
            return Parts(Replies.BadRequest(wrong));
        }

        var (blocks, blockProblem) = PromptBlocks.Of(order);
        if (blocks is null)
        {
            return Parts(Replies.BadRequest(blockProblem!));
        }

        var (record, problem) = Target(order);
        if (record is null)
        {
            return Parts(problem!.Value);
        }

        if (WhyClosed(record) is { } closed)
        {
            return Parts(closed);
        }

        var request = $"{record.Id}.{LaunchId.New()[..6]}";
        var entry = new JournalEntry
        {
            Kind = JournalKinds.Prompt,
            At = options.Time.GetUtcNow(),
            Request = request,
            Prompt = blocks,
            Policy = order.Policy,
            TimeoutSeconds = order.TimeoutSeconds,
            IdleTimeoutSeconds = order.IdleTimeoutSeconds,
            Retries = order.Retries > 0 ? order.Retries : null,
            EndsWithCaller = order.Exec is not null,
        };
        var environment = order.Environment ?? order.Scope?.Environment ?? order.Exec?.Environment;
        var (taken, refused) = await WithDriver<object>(record, driver => Task.FromResult<object?>(driver.Accept(new QueuedPrompt(entry, environment)) switch
        {
            { Position: { } at } => at,
            { Problem: { } why } => why,
            _ => null,
        }), cancellationToken).ConfigureAwait(false);
        return taken switch
        {
            null => Parts(refused!.Value),
            string why => Parts(Replies.Refused("/problems/refused", why)),
            long at => new ApiParts(200, default, order.NoWait ? Accepted(record, at, request, cancellationToken) : order.Exec is not null ? Listened(record, Follow(record, at, request, cancellationToken), cancellationToken) : Follow(record, at, request, cancellationToken)),
            _ => throw new InvalidOperationException("a prompt is taken or not"),
        };
    }

    public async Task<ApiReply> Result(string requestId, bool wait, CancellationToken cancellationToken)
    {
        if (requestId.Split('.') is not [var id, { Length: 6 }] || store.Find(id) is not { } record || new AcpHistory(store, id).Result(requestId) is not { } result)
        {
            return Replies.Problem(new ProblemDocument("/problems/not-found", "No such prompt", 404, $"There is no prompt {requestId}. Its name is what prompt --no-wait printed."));
        }

        while (wait && result.EndedAt is null)
        {
            // Somebody has to look after it, or it would never end.
            using var driver = Drive(record);
            await foreach (var _ in Follow(record, 0, requestId, cancellationToken).ConfigureAwait(false))
            {
                // The last part is the result.
            }

            result = new AcpHistory(store, id).Result(requestId)!;
        }

        return Replies.Ok(result, ApiJson.Readable.PromptResultDocument);
    }

    public ApiParts Watch(string reference, string? after, string? requestId, CancellationToken cancellationToken)
    {
        if (Find(reference, out var problem) is not { } record)
        {
            return Parts(problem);
        }

        if (after is not null && AcpWatch.Parse(after) is null)
        {
            return Parts(Replies.BadRequest($"{after} is no cursor of this session; leave it out to begin at the beginning."));
        }

        // Who comes back to a prompt that ends with its caller is that caller.
        using var driver = requestId is null ? null : Drive(record);
        var parts = Follow(record, after is null ? (0, null, 0) : AcpWatch.Parse(after)!.Value, requestId, cancellationToken);
        return new ApiParts(200, default, requestId is null ? parts : Listened(record, parts, cancellationToken));
    }

    public IReadOnlyList<ApprovalRow> Approvals() => [.. driven.Values.SelectMany(static one => one.Approvals).OrderBy(static row => row.AskedAt)];

    public ApiReply Answer(ApprovalOrder order)
    {
        var meant = Approvals().Where(row => row.Id.StartsWith(order.Id, StringComparison.Ordinal) && order.Id.Length > 0).ToList();
        if (meant.Count > 1)
        {
            return Replies.BadRequest($"{order.Id} means {meant.Count} questions: {string.Join(", ", meant.Select(static row => row.Id))}.");
        }

        var answered = meant.Count == 1 && driven.Values.Any(driver => driver.Approvals.Any(row => row.Id == meant[0].Id) && driver.Answer(meant[0].Id, order.Allow, order.Always));
        return answered
            ? Replies.Ok(meant[0], ApiJson.Readable.ApprovalRow)
            : Replies.Problem(new ProblemDocument("/problems/not-found", "No such question", 404, $"No question {order.Id} is open: it was answered, has expired, or its turn was cancelled. See: agentctl approvals"));
    }

    /// <summary>The session of a reference; null with the problem.</summary>
    public AcpRecord? Find(string reference, out ApiReply problem)
    {
        problem = default;
        if (store.Find(reference) is { } exact)
        {
            return exact;
        }

        var slash = reference.IndexOf('/');
        var (adapter, text) = slash > 0 ? (reference[..slash], reference[(slash + 1)..]) : (null, reference);
        text = text.TrimStart('@');
        var meant = text.Length == 0 ? [] : store.All([]).Where(record => (adapter is null || record.Adapter == adapter || record.Agent == adapter)
            && (record.Name == text || record.LaunchId == text || record.Id.StartsWith(text, StringComparison.Ordinal)
                || record.SessionId?.StartsWith(text, StringComparison.Ordinal) == true || record.EarlierSessionIds.Contains(text))).ToList();
        if (meant.Count > 1)
        {
            // A name may have been used before: the open one is meant.
            var open = meant.Where(static record => !record.Closed).ToList();
            meant = open.Count == 1 ? open : meant;
        }

        switch (meant.Count)
        {
            case 1:
                return meant[0];
            case 0:
                problem = Replies.Problem(new ProblemDocument("/problems/not-found", "No such session", 404, $"There is no ACP session {reference}. See what there is: agentctl sessions list --all"));
                return null;
            default:
                problem = Replies.Problem(new ProblemDocument("/problems/ambiguous", "Ambiguous", 400, reference, Candidates: [.. meant.Select(static record => $"{NameOf(record)} ({record.Id})")]));
                return null;
        }
    }

    /// <summary>The session that a launch serves, while it lives.</summary>
    public AcpRecord? OfLaunch(string launchId) => launches.Find(launchId)?.Record.Conversation is { } id ? store.Find(id) : null;

    private (AcpRecord? Record, ApiReply? Problem) Target(PromptOrder order)
    {
        if (order.Exec is { } exec)
        {
            var (made, wrong, _, _) = Prepare(exec with { Mode = AcpModes.OneShot, Ensure = false }, isExec: true);
            return (made, wrong);
        }

        if (order.Session is { } reference)
        {
            var found = Find(reference, out var unknown);
            return (found, found is null ? unknown : null);
        }

        var scope = order.Scope ?? new AcpSessionOrder();
        if (KindOfOrder(scope, out var problem) is not { } kind || DirectoryOf(scope, out problem) is not { } cwd)
        {
            return (null, problem);
        }

        return InScope(kind.Name, cwd, scope.Name) is { } record ? (record, null)
            : (null, Replies.Problem(new ProblemDocument(
                "/problems/not-found", "No session", 404,
                $"There is no open {kind.Name} session{(scope.Name is { } name ? $" named {name}" : "")} for {options.Environment.Tilde(cwd)}. To begin one: agentctl sessions new -a {kind.Name}{(scope.Name is { } wanted ? $" --name {wanted}" : "")}; for one answer: agentctl exec")));
    }

    private static string? WrongPrompt(PromptOrder order) =>
        order.TimeoutSeconds is <= 0 || order.IdleTimeoutSeconds is <= 0 ? "A time limit is longer than nothing."
        : order.Retries < 0 ? "A prompt is not sent again less than never."
        : AcpPolicy.Wrong(order.Policy);

    /// <summary>Closed, and not to be woken by accident.</summary>
    private ApiReply? WhyClosed(AcpRecord record) => Describe(record, ProcessTable.Take()) is { Closed: true } row
        ? Replies.Refused("/problems/refused", $"{NameOf(record)} was closed{(row.ClosedAt is { } at ? $" at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "")}. To begin another: agentctl sessions new; to go on with what was said: agentctl sessions new --resume {record.SessionId}")
        : null;

    private AcpAgent? KindOfOrder(AcpSessionOrder order, out ApiReply? problem)
    {
        var name = order.Agent ?? options.Config.Acp.Agent;
        problem = null;
        if (KindOf(name) is { } kind)
        {
            return kind;
        }

        problem = Replies.BadRequest($"There is no ACP agent {name}. Known: {string.Join(", ", AcpAgents.Names(options.Config.Acp.Agents))}. Your own: \"acp_agents\" in config.json.");
        return null;
    }

    private string? DirectoryOf(AcpSessionOrder order, out ApiReply? problem)
    {
        var said = order.Cwd ?? ".";
        problem = null;
        if (RealPath.TryResolve(options.Environment.FullPath(said)) is { } real && Directory.Exists(real))
        {
            return real;
        }

        problem = Replies.BadRequest($"There is no directory {said}.");
        return null;
    }

    /// <summary>The open session of this directory or the nearest one above it, up to the root of the repository.</summary>
    private AcpRecord? InScope(string agent, string cwd, string? name)
    {
        var processes = ProcessTable.Take();
        var root = RepositoryOf(cwd);
        for (var at = cwd; at is not null; at = at == root || root is null ? null : Path.GetDirectoryName(at))
        {
            if (store.OfScope(agent, at, name) is { } record && !Describe(record, processes).Closed)
            {
                return record;
            }
        }

        return null;
    }

    private static string? RepositoryOf(string cwd)
    {
        for (var at = cwd; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Path.Exists(Path.Combine(at, ".git")))
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>A record that is there, or a new one; nothing is started.</summary>
    private (AcpRecord? Record, ApiReply? Problem, bool Created, string? Replaced) Prepare(AcpSessionOrder order, bool isExec = false)
    {
        if (KindOfOrder(order, out var problem) is not { } kind || DirectoryOf(order, out problem) is not { } cwd)
        {
            return (null, problem, false, null);
        }

        if ((AcpPolicy.Wrong(order.Policy)
            ?? (order.Mode is not (null or AcpModes.OneShot or AcpModes.Persistent) ? $"A session is oneshot or persistent, not {order.Mode}." : null)
            ?? (order.TtlSeconds is < 0 ? "A time to rest is not negative." : null)) is { } wrong)
        {
            return (null, Replies.BadRequest(wrong), false, null);
        }

        var more = new List<string>();
        foreach (var directory in order.AdditionalDirectories ?? [])
        {
            if (RealPath.TryResolve(options.Environment.FullPath(directory)) is not { } real)
            {
                return (null, Replies.BadRequest($"There is no directory {directory}."), false, null);
            }

            more.Add(real);
        }

        using var turn = store.EnterScope();
        if (order.Ensure && InScope(kind.Name, cwd, order.Name) is { } open)
        {
            return (open, null, false, null);
        }

        var before = isExec ? null : store.OfScope(kind.Name, cwd, order.Name);
        if (before is not null && !Describe(before, ProcessTable.Take()).Closed)
        {
            // Its agent is let go by whoever drives it; the session of this scope is the new one from now on.
            Retire(before);
        }
        else
        {
            before = null;
        }

        var record = new AcpRecord
        {
            Id = LaunchId.New(),
            Agent = kind.Name,
            Adapter = kind.Adapter,
            Cwd = cwd,
            Name = order.Name ?? (isExec ? "exec" : null),
            Mode = order.Mode ?? AcpModes.Persistent,
            CreatedAt = options.Time.GetUtcNow(),
            SessionId = order.Resume,
            Model = order.Model,
            ModeId = order.ModeId,
            Options = order.Options ?? new Dictionary<string, string>(),
            Policy = new AcpPolicy { Mode = options.Config.Acp.Permissions, WhenAsked = options.Config.Acp.WhenAsked }.With(order.Policy),
            TtlSeconds = order.TtlSeconds ?? options.Config.Acp.TtlSeconds,
            AdditionalDirectories = more,
            NoFs = order.NoFs,
            NoTerminal = order.NoTerminal,
            Meta = order.Meta,
        };
        store.Create(record);
        return (record, null, true, before is null ? null : before.SessionId ?? before.Id);
    }

    /// <summary>Closes one that another takes the place of, without waiting for its agent's end.</summary>
    private void Retire(AcpRecord before)
    {
        using var driver = Drive(before);

        // Owned by the driver, which is awaited when this service is disposed.
        _ = driver?.Conversation.Close(CancellationToken.None);
    }

    /// <summary>A session that never was: its agent could not be started, and who asked was told.</summary>
    private async Task Undo(AcpRecord record, CancellationToken cancellationToken)
    {
        if (driven.TryGetValue(record.Id, out var driver))
        {
            await driver.Running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        store.Remove(record);
    }

    private static ApiReply ProblemOf(AgentStart.Failed failed) => failed.Type switch
    {
        "/problems/bad-request" => Replies.BadRequest(failed.Problem),
        "/problems/no-slot" or "/problems/directory-locked" or "/problems/directory-in-use" or "/problems/refused" => Replies.Refused(failed.Type, failed.Problem),
        "/problems/timed-out" => Replies.Problem(new ProblemDocument(failed.Type, "Timed out", 504, failed.Problem)),
        _ => Replies.Problem(new ProblemDocument(failed.Type, "The agent could not be started", 500, failed.Problem)),
    };

    private IAsyncEnumerable<ReadOnlyMemory<byte>> Follow(AcpRecord record, long from, string? requestId, CancellationToken cancellationToken) =>
        Follow(record, (from, null, 0), requestId, cancellationToken);

    private IAsyncEnumerable<ReadOnlyMemory<byte>> Follow(AcpRecord record, (long Journal, string? Launch, long Output) from, string? requestId, CancellationToken cancellationToken)
    {
        var history = new AcpHistory(store, record.Id);
        var watch = new AcpWatch(store, record.Id, SignalOf(record.Id), known => Describe(known, ProcessTable.Take()), history.Result, options.Time);
        watch.GoTo(from.Journal, from.Launch, from.Output);
        return watch.Read(requestId, () => !IsDriven(record.Id), cancellationToken);
    }

    /// <summary>Only that it was taken.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Accepted(AcpRecord record, long at, string request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in Follow(record, at, request, cancellationToken).ConfigureAwait(false))
        {
            yield return part;
            yield break;
        }
    }

    /// <summary>For a prompt that ends with who asked: as long as somebody listens he counts as there.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Listened(AcpRecord record, IAsyncEnumerable<ReadOnlyMemory<byte>> parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var caller = driven.GetValueOrDefault(record.Id)?.CallerCame();
        await foreach (var part in parts.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return part;
        }
    }

    private static ApiParts Parts(ApiReply problem) => new(problem.Status, problem.Body, Nothing());

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Nothing()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    private static long SizeOf(string folder) => Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length) : 0;
}
