using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>Waits for sessions to come to rest or to end. Reads the feed; never polls.</summary>
internal sealed class Waiting(ChangeFeed feed, Func<string, CancellationToken, Task<Lookup>> find, TimeProvider time)
{
    public static readonly IReadOnlyList<string> Goals = ["stopped", "idle", "waiting"];

    public async Task<ApiReply> Wait(WaitOrder order, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        if (TimeLimit.Wrong("timeoutSeconds", order.TimeoutSeconds, mayBeZero: true) is { } wrong)
        {
            return Replies.BadRequest(wrong);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = order.TimeoutSeconds is { } seconds ? time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan) : null;
        var rows = new SessionRow[references.Count];
        try
        {
            // The feed's first event is a snapshot that is newer than its beginning: nothing falls between it and what is looked up now.
            await foreach (var change in feed.Read(null, limit.Token).ConfigureAwait(false))
            {
                if (change.Type == "snapshot")
                {
                    if (await LookAll(references, rows, limit.Token).ConfigureAwait(false) is { } problem)
                    {
                        return problem;
                    }
                }
                else if (!await Take(change, references, rows, limit.Token).ConfigureAwait(false))
                {
                    continue;
                }

                if (IsOver(order, rows))
                {
                    return Answer(order, rows, timedOut: false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return rows.Any(static row => row is null)
                ? Replies.Problem(new ProblemDocument("/problems/timed-out", "Timed out", 504, "the time was over before the sessions could be looked at"))
                : Answer(order, rows, timedOut: true);
        }

        throw new InvalidOperationException("the feed does not end by itself");
    }

    private async Task<ApiReply?> LookAll(IReadOnlyList<string> references, SessionRow[] rows, CancellationToken cancellationToken)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            switch (await find(rows[i] is { } known ? $"{known.Adapter}/{known.Id}" : references[i], cancellationToken).ConfigureAwait(false))
            {
                case Lookup.Found found:
                    rows[i] = SessionRow.From(found.Session);
                    break;
                case var none when rows[i] is null:
                    return Replies.NotOne(references[i], none);
            }
        }

        return null;
    }

    /// <summary>Whether the change is one of ours.</summary>
    private async Task<bool> Take(EventDocument change, IReadOnlyList<string> references, SessionRow[] rows, CancellationToken cancellationToken)
    {
        var isOurs = false;
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (change.Adapter != row.Adapter || (change.SessionId != row.Id && change.Session?.Aliases?.Contains(row.Id) != true))
            {
                continue;
            }

            isOurs = true;
            if (change.Session is { } told)
            {
                rows[i] = told;
            }
            else if (await find(references[i], cancellationToken).ConfigureAwait(false) is Lookup.Found found)
            {
                rows[i] = SessionRow.From(found.Session);
            }
        }

        return isOurs;
    }

    private static bool IsOver(WaitOrder order, SessionRow[] rows) =>
        order.Any ? rows.Any(row => IsReached(order.For, row)) : rows.All(row => IsReached(order.For, row));

    /// <summary>An end is reached whatever was waited for: nothing else will come.</summary>
    private static bool IsReached(string goal, SessionRow row) =>
        SessionStates.FromWord(row.Status) is { } state && (state.IsTerminal() || (goal == "idle" && state == SessionState.Idle) || (goal == "waiting" && state == SessionState.Waiting));

    private static ApiReply Answer(WaitOrder order, SessionRow[] rows, bool timedOut) =>
        Replies.Ok(new WaitDocument(timedOut, rows, [.. rows.Select(row => IsReached(order.For, row))]), ApiJson.Readable.WaitDocument);
}
