using System.Text.Json;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>What people ask of the queue.</summary>
internal sealed class Queueing(
    LaunchStore store, Undertaker undertaker, QueuedLaunches queue, Func<string, CancellationToken, Task<Lookup>> find, Stopping stopping)
{
    public ApiReply List() => Replies.Ok(
        new QueueDocument([.. queue.Look(undertaker.Attend(store.Live([]), ProcessTable.Take())).Select(static (one, index) => RowOf(one.Launch, one.Standing, index + 1))]),
        ApiJson.Readable.QueueDocument);

    public async Task<ApiReply> Change(QueueOrder order, CancellationToken cancellationToken)
    {
        if (order is not ({ Action: "cancel" or "release", Place: null } or { Action: "move", Place: > 0 }))
        {
            return Replies.BadRequest("A queued launch can be cancelled, released, or moved to a place from 1.");
        }

        var lookup = await find(order.Reference, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            return Replies.NotOne(order.Reference, lookup);
        }

        if (session.Sighting.Facts.Launch is not { Queue: not null } launch)
        {
            return Replies.Refused("/problems/refused", $"{session.Sighting.Name} does not wait in the queue: it is {session.State.Word()}{(session.Verdict.Reason is { } reason ? $" ({reason})" : "")}.");
        }

        var isDone = order.Action switch
        {
            "move" => await queue.Move(launch.LaunchId, order.Place!.Value, cancellationToken).ConfigureAwait(false),
            "release" => await queue.Release(launch.LaunchId, cancellationToken).ConfigureAwait(false),
            _ => await Cancel(session, cancellationToken).ConfigureAwait(false),
        };
        return isDone ? List() : Replies.Refused("/problems/refused", $"{session.Sighting.Name} does not wait in the queue any more: its turn came in this moment.");
    }

    private async Task<bool> Cancel(Session session, CancellationToken cancellationToken)
    {
        var reply = await stopping.Stop(new StopOrder([session.Sighting.Name]), [session.Sighting.Name], cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.StopDocument)!.Results is [{ Outcome: StopOutcomes.Stopped }];
    }

    private static QueueRow RowOf(Launch launch, QueueStanding standing, int place)
    {
        var record = launch.Record;
        var waits = standing as QueueStanding.Waits;
        return new QueueRow(
            place,
            launch.Id,
            record.Adapter,
            record.Group,
            record.Cwd,
            SessionRow.PromptOf(record.Prompt),
            launch.Queued!.QueuedAt,
            record.QueueTimeoutSeconds is { } seconds ? launch.Queued.QueuedAt + TimeLimit.FromRecord(seconds) : null,
            waits?.Reason ?? "next",
            waits?.Fact ?? "nothing is in its way any more");
    }
}
