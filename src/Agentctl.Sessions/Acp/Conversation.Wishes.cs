namespace Agentctl.Sessions;

/// <summary>What others want of it, each from a thread of its own.</summary>
internal sealed partial class Conversation
{
    /// <summary>Takes a prompt; it is durable when this returns.</summary>
    /// <returns>Where it stands in the journal; or the problem; or nothing when this driver has just left.</returns>
    public (long? Position, string? Problem) Accept(QueuedPrompt prompt)
    {
        lock (gate)
        {
            if (isRetired)
            {
                return (null, null);
            }

            var waiting = work.OfType<AcpWork.Turn>().Count();
            if (waiting > shared.Config.QueueDepth)
            {
                return (null, $"{waiting - 1} prompts wait already behind the one that runs ({record.Adapter}/{record.SessionId ?? record.Id}); the limit is {shared.Config.QueueDepth} (acp_queue_depth). Wait, or cancel some.");
            }

            if (record.Closed)
            {
                return (null, $"{Name} is closed. To begin another: agentctl sessions new");
            }

            shared.Store.MarkLive(Id);
            var at = journal.Append(prompt.Entry, durable: true);
            work.Add(new AcpWork.Turn(prompt));
            Ring();
            return (at, null);
        }
    }

    /// <summary>An agent that is ready; null when this driver has just left.</summary>
    public async Task<AgentStart?> Warm(IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        AcpWork.Warm wish;
        lock (gate)
        {
            if (isRetired)
            {
                return null;
            }

            if (agent is { Ended.IsCompleted: false } ready)
            {
                return new AgentStart.Ready(ready);
            }

            shared.Store.MarkLive(Id);
            wish = new AcpWork.Warm(environment);
            work.Add(wish);
            Ring();
        }

        return await wish.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends its agent when it has nothing to do; false when it has.</summary>
    public async Task<bool> TryRest(string by, CancellationToken cancellationToken)
    {
        AcpWork.Rest wish;
        lock (gate)
        {
            if (isRetired || agent is null || turn is not null || work.Count > 0 || approvals.Count > 0)
            {
                return false;
            }

            wish = new AcpWork.Rest(by);
            work.Add(wish);
            Ring();
        }

        await wish.Done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Ends the turn in progress: asked first, after five seconds with force. Returns when it is over; false when there is none.</summary>
    public async Task<bool> Cancel(string by, CancellationToken cancellationToken)
    {
        AcpTurn? current;
        lock (gate)
        {
            current = turn;
            if (current is null)
            {
                // Its agent may still be starting.
                isUnwanted = greeting is not null;
                greeting?.Cancel();
                return isUnwanted;
            }

            journal.Append(Entry(JournalKinds.Cancel) with { Request = current.Prompt.Id, Text = by }, durable: true);
            current.IsCancelled = true;

            // Between two attempts its agent may be starting again.
            isUnwanted |= greeting is not null;
            greeting?.Cancel();
            Ring();
        }

        await current.Over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Closes the session: no prompt will be taken any more, what waits is dropped, its agent ends. Its history stays.</summary>
    public async Task Close(CancellationToken cancellationToken)
    {
        CloseNow();
        await Running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private void CloseNow()
    {
        lock (gate)
        {
            if (!record.Closed)
            {
                Update(record with { Closed = true, ClosedAt = shared.Time.GetUtcNow() });
                journal.Append(Entry(JournalKinds.Closed), durable: true);
            }

            foreach (var waiting in work.OfType<AcpWork.Turn>().Where(one => one.Prompt.Id != turn?.Prompt.Id).ToList())
            {
                work.Remove(waiting);
                End(waiting.Prompt, "refused", problem: "the session was closed");
            }

            if (turn is { } current)
            {
                current.IsCancelled = true;
            }

            isUnwanted |= greeting is not null;
            greeting?.Cancel();
            Ring();
        }
    }

    /// <summary>Somebody waits for a prompt that ends with its caller; dispose when he is gone.</summary>
    public IDisposable CallerCame()
    {
        lock (gate)
        {
            callers++;
        }

        Ring();

        return new Caller(this);
    }

    private sealed class Caller(Conversation conversation) : IDisposable
    {
        public void Dispose()
        {
            lock (conversation.gate)
            {
                conversation.callers--;
                conversation.callersLeftAt = conversation.shared.Time.GetUtcNow();
            }

            conversation.Ring();
        }
    }

    /// <summary>Changes the record for good.</summary>
    public void Change(Func<AcpRecord, AcpRecord> change)
    {
        lock (gate)
        {
            Update(change(record));
        }
    }

    /// <summary>Answers a parked question; false when it is not there any more.</summary>
    public bool Answer(string approvalId, bool allow, bool always)
    {
        lock (gate)
        {
            if (!approvals.TryGetValue(approvalId, out var parked))
            {
                return false;
            }

            if (always && allow)
            {
                Update(record with { Policy = record.Policy with { Always = [.. record.Policy.Always.Append(parked.RuleName).Distinct()] } });
            }

            // Durable before it is told: the answer to the agent has a key of its own and cannot be given twice.
            journal.Append(Entry(JournalKinds.Answer) with { Text = allow ? "allow" : "deny", Approval = parked.Row }, durable: true);
            return parked.Answer.TrySetResult((allow, always));
        }
    }
}
