using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The one loop that drives it, one piece of work after the other.</summary>
internal sealed partial class Conversation
{
    private async Task Drive(Action<Conversation> retired)
    {
        try
        {
            await Adopt(leaving.Token).ConfigureAwait(false);
            while (await Step(leaving.Token).ConfigureAwait(false))
            {
                // One piece of work after the other.
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // We leave, and the agent stays.
        }
        catch (Exception failure)
        {
            // What the disk or the kernel refuses, or a defect: neither may leave anybody waiting.
            shared.Told($"the ACP session {Id} is let go: {failure}");
            Abandon(failure);
        }
        finally
        {
            await LetGo().ConfigureAwait(false);
            retired(this);
        }
    }

    /// <summary>The disk or the kernel refuses: whoever waits is told, and what is running is left to the next driver.</summary>
    private void Abandon(Exception failure)
    {
        lock (gate)
        {
            isRetired = true;
            foreach (var wish in work)
            {
                _ = wish switch
                {
                    AcpWork.Warm warm => warm.Done.TrySetResult(new AgentStart.Failed("/problems/failed", failure.Message)),
                    AcpWork.Rest rest => rest.Done.TrySetResult(),
                    _ => false,
                };
            }

            turn?.Over.TrySetException(failure);
        }
    }

    private async Task LetGo()
    {
        if (agent is { } ours)
        {
            await ours.DisposeAsync().ConfigureAwait(false);
        }

        if (terminals is { } open)
        {
            await open.DisposeAsync().ConfigureAwait(false);
        }

        // If this driver stops during an adoption, the next driver continues the turn; callers that wait for its end are released.
        turn?.Over.TrySetResult();
        journal.Dispose();
        lease.Dispose();
        shared.Changed(Id);
    }

    /// <summary>The newest prompts and their ends are kept, and all that have none; what they need of the agent is said again behind what goes.</summary>
    private void KeepJournalSmall()
    {
        lock (gate)
        {
            if (journal.IsOver(JournalCapBytes))
            {
                if (agent is { Ended.IsCompleted: false } run)
                {
                    journal.Append(ReadyEntry(run), durable: true);
                }

                journal.KeepWithin(JournalCapBytes, AcpLeft.NeededFrom(shared.Store.JournalOf(Id)));
            }
        }
    }

    /// <summary>Does the next thing, or waits for one; false when there is nothing left.</summary>
    private async Task<bool> Step(CancellationToken cancellationToken)
    {
        if (shared.Store.IsWantedClosed(Id) && !record.Closed)
        {
            CloseNow();
        }

        if (resumed is not null)
        {
            // Its agent may have answered before it ended: the turn comes first.
        }
        else if (agent is { Ended.IsCompleted: true })
        {
            await AgentIsGone(cancellationToken).ConfigureAwait(false);
        }
        else if (agent is { BrokenBy: not null })
        {
            // It lives, and nobody can understand it any more.
            await LetRest(StopRecord.Rest, cancellationToken).ConfigureAwait(false);
        }

        AcpWork? next;
        lock (gate)
        {
            next = work.FirstOrDefault();
        }

        switch (next)
        {
            case AcpWork.Turn one:
                await Carry(one.Prompt, cancellationToken).ConfigureAwait(false);
                Done(one);
                KeepJournalSmall();
                return true;
            case AcpWork.Warm wish:
                wish.Done.TrySetResult(await Ready(wish.Environment, cancellationToken, cancellationToken).ConfigureAwait(false));
                Done(wish);
                return true;
            case AcpWork.Rest wish:
                await LetRest(wish.By, cancellationToken).ConfigureAwait(false);
                Done(wish);
                wish.Done.TrySetResult();
                return true;
        }

        if (agent is not null)
        {
            var isOver = record.Closed || (record.IsOneShot && hasCarried);
            if (isOver || IdleLeft() <= TimeSpan.Zero)
            {
                await LetRest(isOver ? record.IsOneShot && !record.Closed ? StopRecord.Done : StopRecord.User : StopRecord.Rest, cancellationToken).ConfigureAwait(false);
                return true;
            }

            await RungOr(agent.Ended, IdleLeft(), cancellationToken).ConfigureAwait(false);
            return true;
        }

        lock (gate)
        {
            if (work.Count > 0)
            {
                return true;
            }

            if (holds == 0 || record.Closed)
            {
                CloseOneShot();
                isRetired = true;
                shared.Store.UnmarkLive(Id);
                return false;
            }
        }

        await RungOr(null, LongestWait, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Until somebody rings, something has ended, or the time is over.</summary>
    private async Task RungOr(Task? end, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var time = Task.Delay(longest, shared.Time, enough.Token);
        await Task.WhenAny(wake.Reader.WaitToReadAsync(enough.Token).AsTask(), end ?? time, time).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        wake.Reader.TryRead(out _);
    }

    private void Done(AcpWork one)
    {
        lock (gate)
        {
            work.Remove(one);
            idleSince = shared.Time.GetUtcNow();
            shared.Changed(Id);
        }
    }

    /// <summary>How long the agent may still rest; a one-shot's that was never prompted waits for its host for half a minute.</summary>
    private TimeSpan IdleLeft()
    {
        var limit = record.IsOneShot ? OneShotPatience : record.TtlSeconds > 0 ? TimeLimit.FromRecord(record.TtlSeconds) : TimeSpan.MaxValue;
        var left = limit == TimeSpan.MaxValue ? limit : limit - (shared.Time.GetUtcNow() - idleSince);
        return left > LongestWait ? LongestWait : left;
    }

    /// <summary>How long a one-shot's agent lives with nobody there.</summary>
    private static readonly TimeSpan OneShotPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>Whoever or whatever ended its agent: a one-shot is closed by that.</summary>
    private void CloseOneShot()
    {
        if (record is { IsOneShot: true, Closed: false, LaunchId: not null } || (record is { IsOneShot: true, Closed: false } && hasCarried))
        {
            Update(record with { Closed = true, ClosedAt = shared.Time.GetUtcNow() });
            journal.Append(Entry(JournalKinds.Closed), durable: false);
        }
    }

    private async Task LetRest(string by, CancellationToken cancellationToken)
    {
        if (agent is not { } ours)
        {
            return;
        }

        if (record is { Closed: true, SessionId: { } session } && ours is { Capabilities.Close: true, Ended.IsCompleted: false })
        {
            await AskToClose(ours, session, cancellationToken).ConfigureAwait(false);
        }

        if (terminals is { } open)
        {
            await open.EndAll(cancellationToken).ConfigureAwait(false);
        }

        await ours.Finish(by, force: false, cancellationToken).ConfigureAwait(false);
        await ours.WaitForEnd(cancellationToken).ConfigureAwait(false);
        await AgentIsGone(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Politely; a deaf one is ended all the same, a moment later.</summary>
    private static async Task AskToClose(AgentRun ours, string session, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMilliseconds(300));
        try
        {
            await ours.Peer.CloseSession(session, limit.Token).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is AcpErrorException or FormatException || (refused is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The end is the same.
        }
    }

    /// <summary>Writes down how it ended; the launch's record is the shim's, this is for who reads the session.</summary>
    private async Task AgentIsGone(CancellationToken cancellationToken)
    {
        if (agent is not { } gone)
        {
            return;
        }

        var launch = shared.Launches.Find(gone.LaunchId) is { } found ? shared.Undertaker.Attend(found, ProcessTable.Take()) : null;
        if (launch is { IsHeld: true, Remains: { CannotTell: false } remains })
        {
            // Its shim was killed: nobody can speak to it any more, so it must not go on.
            launch = await shared.Stop.EndRemains(launch, remains, TimeSpan.FromSeconds(1.5), StopRecord.Undertaker, [], cancellationToken).ConfigureAwait(false);
        }

        if (terminals is { } open)
        {
            await open.EndAll(cancellationToken).ConfigureAwait(false);
            await open.DisposeAsync().ConfigureAwait(false);
        }

        var exit = launch?.Exit;
        var entry = Entry(JournalKinds.Exit);
        await gone.DisposeAsync().ConfigureAwait(false);
        if (launch is not null)
        {
            // All of it was read; while the turn went on, more than the cap may have been kept.
            LaunchOutput.KeepWithinCap(shared.Places, launch);
        }

        lock (gate)
        {
            journal.Append(
                entry with { ExitCode = exit?.ExitCode, Signal = exit?.Signal, Text = exit?.How ?? ExitHows.Lost },
                durable: false);
            Update(record with
            {
                LastAgentExitAt = exit?.EndedAt ?? shared.Time.GetUtcNow(),
                LastAgentExitCode = exit?.ExitCode,
                LastAgentSignal = exit?.Signal,
                LastAgentDisconnectReason = exit?.How is ExitHows.Exited or ExitHows.Signaled ? "process_exit" : "connection_close",
            });
            agent = null;
            terminals = null;
            foreach (var parked in approvals.Values)
            {
                parked.Answer.TrySetResult(null);
            }

            approvals.Clear();
            idleSince = shared.Time.GetUtcNow();
            shared.Changed(Id);
        }
    }
}
