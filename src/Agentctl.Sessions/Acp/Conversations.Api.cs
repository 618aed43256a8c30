using System.Text.Json;
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
        var problems = new List<string>();
        var processes = ProcessTable.Take();
        var records = store.All(problems);
        problems.AddRange(records.Select(record => standings.Damage(record.Id)).OfType<string>());
        var rows = records.Select(record => Describe(record, processes)).Where(row => all || !row.Closed).OrderByDescending(static row => row.LastUsedAt).ToList();
        return Replies.Ok(new AcpSessionsDocument(rows, problems), ApiJson.Readable.AcpSessionsDocument);
    }

    /// <summary>Ends agents whose shim was killed: nobody can speak to them any more. For the daemon's start and its sweeps; a look changes nothing.</summary>
    public async Task EndUnreachableAgents(CancellationToken cancellationToken)
    {
        var processes = ProcessTable.Take();
        foreach (var launch in launches.Live([]))
        {
            try
            {
                if (undertaker.Attend(launch, processes) is { Record.Conversation: not null, Remains: { Lives: true, CannotTell: false } remains } left)
                {
                    await stop.EndRemains(left, remains, TimeSpan.FromSeconds(1.5), StopRecord.Undertaker, [], cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                shared.Told($"the agent of launch {launch.Id}, whose shim was killed, is not ended: {failure.Message}");
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

        var (entries, count) = new AcpHistory(store, record.Id).Newest(last);
        return Replies.Ok(new AcpHistoryDocument(record.Id, record.SessionId, count, entries), ApiJson.Readable.AcpHistoryDocument);
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
        if (AcpSettings.WhyIncomplete(order) is { } incomplete)
        {
            return Replies.BadRequest(incomplete);
        }

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
                if (await AcpSettings.Set(ready.Run, record.SessionId!, order, cancellationToken).ConfigureAwait(false) is { } wrong)
                {
                    return Replies.Refused("/problems/agent-refused", wrong);
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
            try
            {
                if (PruneOne(record, order, processes) is { } item)
                {
                    items.Add(item);
                }
            }
            catch (Exception failure)
            {
                problems.Add($"The ACP session {record.Id} is not removed: {failure.Message}");
            }
        }

        return Replies.Ok(new PruneDocument(!order.DryRun, items, problems), ApiJson.Readable.PruneDocument);
    }

    /// <summary>What was removed, or would be; null when the session stays.</summary>
    private PruneItem? PruneOne(AcpRecord record, AcpPruneOrder order, IProcessTable processes)
    {
        var row = Describe(record, processes);
        var age = options.Time.GetUtcNow() - (row.ClosedAt ?? row.LastUsedAt);
        if (!row.Closed || IsDriven(record.Id) || (order.OlderThanDays is { } days && age < TimeSpan.FromDays(days)))
        {
            return null;
        }

        var folder = store.FolderOf(record.Id);
        var item = new PruneItem(folder, "ACP session", $"closed {age.TotalHours:0} hours ago", OwnDirectory.SizeBytes(folder));
        if (!order.DryRun)
        {
            store.Remove(record);
        }

        return item;
    }

    /// <summary>Removes what was closed for longer than the window of <c>list -a</c>, without being asked for.</summary>
    public void PruneExpired() => Prune(new AcpPruneOrder(OlderThanDays: DiscoveryContext.Window.TotalDays));

    private static ApiReply ProblemOf(AgentStart.Failed failed) => failed.Type switch
    {
        "/problems/bad-request" => Replies.BadRequest(failed.Problem),
        "/problems/no-slot" or "/problems/directory-locked" or "/problems/directory-in-use" or "/problems/refused" or Conversation.Cancelled => Replies.Refused(failed.Type, failed.Problem),
        "/problems/agent-missing" or "/problems/auth-required" => Replies.Problem(new ProblemDocument(failed.Type, "The agent is not ready", 409, failed.Problem)),
        "/problems/timed-out" => Replies.Problem(new ProblemDocument(failed.Type, "Timed out", 504, failed.Problem)),
        _ => Replies.Problem(new ProblemDocument(failed.Type, "The agent failed", 502, failed.Problem)),
    };
}
