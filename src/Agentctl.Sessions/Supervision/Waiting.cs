using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>Waits for sessions to come to rest or to end. Reads the feed; never polls.</summary>
internal sealed class Waiting(ChangeFeed feed, Func<string, CancellationToken, Task<Lookup>> find, string home, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    public static readonly IReadOnlyList<string> Goals = ["stopped", "idle", "waiting"];

    public async Task<ApiReply> Wait(WaitOrder order, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        if (TimeLimit.Wrong("timeoutSeconds", order.TimeoutSeconds, mayBeZero: true) is { } wrong)
        {
            return Replies.BadRequest(wrong);
        }

        using var alarm = order.TimeoutSeconds is { } seconds ? new CancellationTokenSource(TimeSpan.FromSeconds(seconds), time) : new CancellationTokenSource();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, alarm.Token);
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
            if (rows[i] is { } known)
            {
                rows[i] = await LookAgain(known, cancellationToken).ConfigureAwait(false);
                continue;
            }

            switch (await find(references[i], cancellationToken).ConfigureAwait(false))
            {
                case Lookup.Found found:
                    rows[i] = SessionRow.From(found.Session, home);
                    break;
                case var none:
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
            else
            {
                rows[i] = await LookAgain(row, cancellationToken).ConfigureAwait(false);
            }
        }

        return isOurs;
    }

    /// <summary>
    /// What became of a session that was known. When every adapter answered and none has it, it has ended: no event would ever say more.
    /// While an adapter cannot answer, it is asked again: a failed look ends nothing.
    /// </summary>
    private async Task<SessionRow> LookAgain(SessionRow known, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                switch (await find($"{known.Adapter}/{known.Id}", cancellationToken).ConfigureAwait(false))
                {
                    case Lookup.Found found:
                        return SessionRow.From(found.Session, home);
                    case Lookup.NotFound { CouldNotLook.Count: 0 }:
                        return Vanished(known);
                }
            }
            catch (Exception failure) when (failure is CannotLookException or IOException or UnauthorizedAccessException)
            {
                // One look that failed; the next one may not.
            }

            await Task.Delay(BetweenLooks, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private SessionRow Vanished(SessionRow known) => known with
    {
        Status = SessionState.Stopped.Word(),
        Reason = Reasons.Vanished,
        Alive = false,
        Pid = null,
        StoppedAt = known.StoppedAt ?? known.LastActivityAt,
        Evidence = new RowEvidence(known.Adapter, "it is in no record any more", time.GetUtcNow()),
    };

    private static bool IsOver(WaitOrder order, SessionRow[] rows) =>
        order.Any ? rows.Any(row => IsReached(order.For, row)) : rows.All(row => IsReached(order.For, row));

    /// <summary>An end is reached whatever was waited for: nothing else will come.</summary>
    private static bool IsReached(string goal, SessionRow row) =>
        SessionStates.FromWord(row.Status) is { } state && (state.IsTerminal() || (goal == "idle" && state == SessionState.Idle) || (goal == "waiting" && state == SessionState.Waiting));

    private static ApiReply Answer(WaitOrder order, SessionRow[] rows, bool timedOut) =>
        Replies.Ok(new WaitDocument(timedOut, rows, [.. rows.Select(row => IsReached(order.For, row))]), ApiJson.Readable.WaitDocument);
}
