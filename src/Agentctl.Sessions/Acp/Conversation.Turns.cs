using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>One prompt from its beginning to its end.</summary>
internal sealed partial class Conversation
{
    /// <summary>How long an agent may take to obey <c>session/cancel</c>.</summary>
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(5);

    /// <summary>A limit that is reached is told within a second of its value, whatever the agent does.</summary>
    private static readonly TimeSpan TellAfterLimit = TimeSpan.FromMilliseconds(300);

    /// <summary>The longest silence after a turn's end that late updates are waited for; nothing of it where none ever came late.</summary>
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShortestQuiet = TimeSpan.FromMilliseconds(2);

    /// <summary>How long an agent may take to read that its turn is cancelled: one that reads nothing must not delay the end of a time limit.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan CallerPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan[] RetryPauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(10)];

    private sealed record TurnEnd(string Status, string? StopReason = null, string? Problem = null, string? ProblemType = null, AcpUsage? Usage = null, bool MayRetry = false, bool NeverReached = false);

    private async Task Carry(QueuedPrompt prompt, CancellationToken cancellationToken)
    {
        var (begun, attempt) = (resumed, resumed?.Attempt ?? 1);
        AcpTurn? current = null;
        var deadline = prompt.Entry.TimeoutSeconds is { } seconds ? shared.Time.GetUtcNow() + TimeLimit.FromRecord(seconds) : (DateTimeOffset?)null;
        try
        {
            if (prompt is { IsInherited: true, Entry.EndsWithCaller: true } && !await CallerCameBack(cancellationToken).ConfigureAwait(false))
            {
                hasCarried = true;
                if (!record.Closed)
                {
                    End(prompt, "cancelled", problem: "nobody waits for it any more");
                }

                return;
            }

            while (true)
            {
                // Whatever became of the agent that has this prompt already: what it answered counts, and no other agent is given it.
                var start = begun is not null && agent is { } adopted ? new AgentStart.Ready(adopted) : await Begun(prompt, deadline, cancellationToken).ConfigureAwait(false);
                resumed = null;
                if (start is AgentStart.Failed failed)
                {
                    hasCarried = true;
                    End(prompt, failed.Type == Cancelled ? "cancelled" : failed.NoSlot is null && failed.Type != "/problems/bad-request" ? "failed" : "refused", problem: failed.Problem, problemType: failed.Type);
                    return;
                }

                var run = ((AgentStart.Ready)start).Run;
                hasCarried = true;
                if (PromptBlocks.Unsupported(prompt.Blocks, run.Capabilities) is { } kind)
                {
                    End(prompt, "refused", problem: $"{agentKind.Name} takes no {kind} in a prompt", problemType: "/problems/bad-request");
                    return;
                }

                current = Begin(prompt, begun, deadline, attempt);
                var end = await Work(run, current, attempt, isSent: begun is not null && run.IsWritten(AcpTurn.IdOf(prompt.Id, attempt)), cancellationToken).ConfigureAwait(false);
                (begun, resumedAnswer) = (null, null);
                if (end.MayRetry && !current.IsCancelled && attempt <= Math.Max(prompt.Entry.Retries ?? 0, end.NeverReached ? 1 : 0))
                {
                    // Nothing of it reached an agent that is gone, although its shim may still be ending what that left behind.
                    await (end.NeverReached ? run.WaitForEnd(cancellationToken) : PauseBeforeRetry(current, attempt, cancellationToken)).ConfigureAwait(false);
                    if (!current.IsCancelled)
                    {
                        attempt++;
                        continue;
                    }

                    end = new TurnEnd("cancelled", Problem: $"it was cancelled before it was sent again; it had failed: {end.Problem}");
                }

                if (!current.WasTold)
                {
                    End(prompt, end.Status, end.StopReason, end.Problem, end.ProblemType, end.Usage, current.Permissions);
                }

                return;
            }
        }
        catch (Exception defect) when (defect is not (OperationCanceledException or IOException or UnauthorizedAccessException))
        {
            // A prompt that fails in us must not wait in the journal to fail in the next driver as well.
            hasCarried = true;
            shared.Told($"prompt {prompt.Id} failed: {defect}");
            End(prompt, "failed", problem: $"agentctl failed at this prompt: {defect.Message}", problemType: "/problems/internal");
        }
        finally
        {
            // Set by the adoption when the agent never began it: whoever cancels waits for that one.
            var over = current;
            lock (gate)
            {
                over ??= turn;
                turn = cancellationToken.IsCancellationRequested ? turn : null;
                idleSince = shared.Time.GetUtcNow();
            }

            over?.Over.TrySetResult();
        }
    }

    /// <summary>Ends early when somebody wants the end of the turn.</summary>
    private async Task PauseBeforeRetry(AcpTurn current, int attempt, CancellationToken cancellationToken)
    {
        var until = shared.Time.GetUtcNow() + RetryPauses[Math.Min(attempt, RetryPauses.Length) - 1];
        while (!current.IsCancelled && until - shared.Time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await RungOr(null, left, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing is begun for who died with the daemon before us; who lives comes back at once.</summary>
    private async Task<bool> CallerCameBack(CancellationToken cancellationToken)
    {
        var until = callersLeftAt + CallerPatience;
        while (Volatile.Read(ref callers) == 0 && !record.Closed)
        {
            var left = until - shared.Time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await RungOr(null, left, cancellationToken).ConfigureAwait(false);
        }

        return !record.Closed;
    }

    /// <summary>An agent for a prompt, within the prompt's own time.</summary>
    private async Task<AgentStart> Begun(QueuedPrompt prompt, DateTimeOffset? deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (deadline is { } end)
        {
            var left = end - shared.Time.GetUtcNow();
            limit.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }

        lock (gate)
        {
            (greeting, isUnwanted) = (limit, false);
        }

        try
        {
            return await Ready(prompt.Environment, limit.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                greeting = null;
            }
        }
    }

    private AcpTurn Begin(QueuedPrompt prompt, JournalEntry? begun, DateTimeOffset? deadline, int attempt)
    {
        lock (gate)
        {
            if (begun is null)
            {
                var before = turn?.Prompt.Id == prompt.Id ? turn : null;
                turn = new AcpTurn(prompt, record.Policy.With(prompt.Entry.Policy)) { Deadline = deadline, IsCancelled = before is { IsCancelled: true }, Over = before?.Over ?? new(TaskCreationOptions.RunContinuationsAsynchronously) };
                var entry = Entry(JournalKinds.Begin) with { Request = prompt.Id, Attempt = attempt };
                journal.Append(entry, durable: false);
                agent!.NeedFrom(entry.Offset ?? 0);
            }

            heardAt = shared.Time.GetUtcNow();
            shared.Changed(Id);
            return turn!;
        }
    }

    /// <summary>Gives the prompt to the agent and stays until it has answered, or is gone.</summary>
    private async Task<TurnEnd> Work(AgentRun run, AcpTurn current, int attempt, bool isSent, CancellationToken cancellationToken)
    {
        var id = AcpTurn.IdOf(current.Prompt.Id, attempt);
        var answer = isSent ? resumedAnswer ?? run.Connection.Expect(id) : Send(run, current, id, cancellationToken);
        DateTimeOffset? askedAt = null, limitAt = null, killedAt = null;
        while (!answer.IsCompleted)
        {
            var now = shared.Time.GetUtcNow();
            if (!current.HasTimedOut && LimitOf(current) is { } limit && now >= limit)
            {
                (current.HasTimedOut, current.IsCancelled, limitAt) = (true, true, now);
            }

            if (current.HasTimedOut && !current.WasTold && now >= (limitAt ?? now) + TellAfterLimit)
            {
                Tell(current, run);
            }

            if (CallerGoneAt(current) is { } goneAt && now >= goneAt)
            {
                current.IsCancelled = true;
            }

            if (current.IsCancelled && askedAt is null)
            {
                askedAt = now;
                await AskForEnd(run, cancellationToken).ConfigureAwait(false);
            }

            if (askedAt is { } asked && killedAt is null && now >= asked + CancelPatience)
            {
                killedAt = now;
                await run.Finish(StopRecord.User, force: false, cancellationToken).ConfigureAwait(false);
                await run.WaitForEnd(cancellationToken).ConfigureAwait(false);
            }

            var next = Soonest(now, current.IsCancelled ? null : CallerGoneAt(current), current.HasTimedOut ? null : LimitOf(current), current is { HasTimedOut: true, WasTold: false } ? (limitAt ?? now) + TellAfterLimit : null, killedAt is null ? askedAt + CancelPatience : null);
            await RungOr(answer, next, cancellationToken).ConfigureAwait(false);
        }

        return await Outcome(run, current, id, answer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>When a prompt that ends with its caller has none for long enough: he may come back after a daemon has died.</summary>
    private DateTimeOffset? CallerGoneAt(AcpTurn current) => current.Prompt.Entry.EndsWithCaller && Volatile.Read(ref callers) == 0 ? callersLeftAt + CallerPatience : null;

    private async Task<Answer> Send(AgentRun run, AcpTurn current, RequestId id, CancellationToken cancellationToken)
    {
        var answer = run.Connection.Expect(id);
        if (answer.IsCompleted)
        {
            // Nothing is read any more: nobody would hear what becomes of it.
            return await answer.ConfigureAwait(false);
        }

        await run.Connection.Send(AcpMethods.Prompt, new PromptRequest(record.SessionId!, current.Prompt.Blocks), id, cancellationToken).ConfigureAwait(false);
        return await answer.ConfigureAwait(false);
    }

    private async Task<TurnEnd> Outcome(AgentRun run, AcpTurn current, RequestId id, Task<Answer> answer, CancellationToken cancellationToken)
    {
        try
        {
            var said = await answer.ConfigureAwait(false);
            var response = PromptResponse.Read(said.Result);
            await Settle(run, said.End, cancellationToken).ConfigureAwait(false);
            var usage = response.Usage is { } used ? new AcpUsage(used.InputTokens, used.OutputTokens, used.TotalTokens) : null;
            return current.HasTimedOut ? new TurnEnd("timed-out", response.StopReason, LimitText(current, run), "/problems/timed-out", usage)
                : current.AnswerLength > AcpLimits.LongestAnswer ? new TurnEnd("failed", response.StopReason, $"{agentKind.Name} answered with {current.AnswerLength} characters, more than the {AcpLimits.LongestAnswer} that one turn may have. All of it is in {shared.Store.OutputOf(run.LaunchId)}", "/problems/agent-failed", usage)
                : response.StopReason != StopReasons.Cancelled ? new TurnEnd("completed", response.StopReason, UnknownReason(response.StopReason), Usage: usage)
                : new TurnEnd("cancelled", response.StopReason, current.IsCancelled ? null : $"{agentKind.Name} ended the turn by itself, as if it had been cancelled", Usage: usage);
        }
        catch (AcpErrorException failed) when (failed.Error.Code == AcpError.Disconnected || run.WasRefused)
        {
            var broken = run.BrokenBy;
            if (broken is not null)
            {
                await run.Finish(record.IsOneShot ? StopRecord.Done : StopRecord.Rest, force: false, cancellationToken).ConfigureAwait(false);
            }

            var how = await EndOfAgent(run, cancellationToken).ConfigureAwait(false);
            var neverReached = !current.HasSeenAnything && (run.WasRefused || run.NeverRead(id));
            return current.HasTimedOut ? new TurnEnd("timed-out", Problem: LimitText(current, run), ProblemType: "/problems/timed-out")
                : current.IsCancelled ? new TurnEnd("cancelled", Problem: $"{agentKind.Name} did not obey and was ended")
                : broken is not null ? new TurnEnd("failed", Problem: $"{agentKind.Name} wrote something that cannot be read, so it was ended: {broken}", ProblemType: "/problems/agent-failed")
                : new TurnEnd("failed", Problem: $"{agentKind.Name} ended before it had answered{how}{run.Junk}", ProblemType: "/problems/agent-failed", MayRetry: neverReached, NeverReached: neverReached);
        }
        catch (AcpErrorException failed)
        {
            return new TurnEnd(
                "failed", Problem: $"{agentKind.Name} answered with an error: {failed.Error.Message} ({failed.Error.Code})", ProblemType: "/problems/agent-failed",
                MayRetry: failed.Error.Code is AcpError.InternalError or AcpError.ParseError && !current.HasActed);
        }
        catch (FormatException nonsense)
        {
            return new TurnEnd("failed", Problem: $"{agentKind.Name} answered with something else: {nonsense.Message}", ProblemType: "/problems/agent-failed");
        }
    }

    /// <summary>A reason that agentctl does not know is no failure, and no secret.</summary>
    private string? UnknownReason(string reason) => StopReasons.IsKnown(reason)
        ? null
        : $"{agentKind.Name} ended the turn with a stop reason that agentctl does not know: {WireText.Beginning(System.Text.Encoding.UTF8.GetBytes(reason))}";

    private async Task<string> EndOfAgent(AgentRun run, CancellationToken cancellationToken)
    {
        await run.Ended.WaitAsync(TimeSpan.FromSeconds(5), shared.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return shared.Launches.Find(run.LaunchId)?.Exit switch
        {
            { Stop.By: StopRecord.OutputLimit } => $": it wrote more than {shared.Config.OutputLimitMegabytes} MB in one turn (acp_output_limit_mb)",
            { ExitCode: { } code } => $" (exit code {code})",
            { Signal: { } signal } => $" (signal {signal})",
            _ => "",
        };
    }

    /// <summary>Updates may come after the answer. Where that never happened a blink is enough; an agent that was late once is given longer.</summary>
    private async Task Settle(AgentRun run, long end, CancellationToken cancellationToken)
    {
        await Quiet(run, run.HasBeenLate ? LongestQuiet : ShortestQuiet, cancellationToken).ConfigureAwait(false);
        run.HasBeenLate |= run.OutputEnd > end;
        if (run.OutputEnd > end)
        {
            await Quiet(run, LongestQuiet, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Until nothing came for so long, at most a second.</summary>
    private async Task Quiet(AgentRun run, TimeSpan quiet, CancellationToken cancellationToken)
    {
        var began = shared.Time.GetTimestamp();
        for (var seen = -1L; seen != run.OutputEnd && shared.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(1);)
        {
            seen = run.OutputEnd;
            await Task.Delay(quiet, shared.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AskForEnd(AgentRun run, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            foreach (var parked in approvals.Values)
            {
                parked.Answer.TrySetResult(null);
            }
        }

        try
        {
            // An agent that does not read its input would hold us for ever.
            await run.Peer.Cancel(record.SessionId!, cancellationToken).WaitAsync(ReadPatience, shared.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception deaf) when (deaf is IOException or TimeoutException)
        {
            // It will be ended.
        }
    }

    private DateTimeOffset? LimitOf(AcpTurn current)
    {
        var total = current.Deadline;

        // Who waits for a person is not silent.
        DateTimeOffset? silent = current.Prompt.Entry.IdleTimeoutSeconds is { } idle && Approvals.Count == 0 ? heardAt + TimeLimit.FromRecord(idle) : null;
        return total is null ? silent : silent is null || total < silent ? total : silent;
    }

    private string LimitText(AcpTurn current, AgentRun run) => LimitText(current) + run.Junk;

    private string LimitText(AcpTurn current) =>
        current is { Prompt.Entry.TimeoutSeconds: { } total, Deadline: { } deadline } && shared.Time.GetUtcNow() >= deadline
            ? $"it took longer than {total:0.###} s"
            : $"the agent was silent for {current.Prompt.Entry.IdleTimeoutSeconds:0.###} s";

    private void Tell(AcpTurn current, AgentRun run)
    {
        current.WasTold = true;
        End(current.Prompt, "timed-out", problem: LimitText(current, run), problemType: "/problems/timed-out", permissions: current.Permissions);
    }

    private void End(
        QueuedPrompt prompt, string status, string? stopReason = null, string? problem = null, string? problemType = null, AcpUsage? usage = null, PermissionCounts? permissions = null)
    {
        lock (gate)
        {
            journal.Append(
                Entry(JournalKinds.End) with
                {
                    Request = prompt.Id, Status = status, StopReason = stopReason, Problem = problem, ProblemType = problemType, Usage = usage, Permissions = permissions,
                },
                durable: false);
            shared.Changed(Id);
        }
    }

    private static TimeSpan Soonest(DateTimeOffset now, params ReadOnlySpan<DateTimeOffset?> times)
    {
        var soonest = LongestWait;
        foreach (var time in times)
        {
            soonest = time is { } at && at - now < soonest ? at - now : soonest;
        }

        return soonest < TimeSpan.Zero ? TimeSpan.Zero : soonest + TimeSpan.FromMilliseconds(1);
    }
}
