using System.Threading.Channels;
using Agentctl.Acp;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>
/// Drives one ACP session while there is something to do for it: it holds the session's lease, starts its agent, gives it one prompt
/// after the other, and lets it go when it has rested long enough. Everything that must survive this process is in the journal, in the
/// agent's output and among the keys of what was written to it; a new driver goes on from there. Thread-safe.
/// </summary>
internal sealed partial class Conversation : IAcpHandler, IAsyncDisposable
{
    /// <summary>How much of what was asked is kept; what was answered is in the launches' output, which has a cap of its own.</summary>
    private const long JournalCapBytes = 16 << 20;

    private readonly AcpShared shared;
    private readonly AcpAgent agentKind;
    private readonly Lease lease;
    private readonly AcpJournal journal;
    private readonly Lock gate = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<AcpWork> work = [];
    private readonly Dictionary<string, ParkedApproval> approvals = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource leaving = new();
    private readonly IReadOnlyList<string> directories;
    private AcpRecord record;
    private AgentRun? agent;
    private ClientTerminals? terminals;
    private AcpTurn? turn;
    private IReadOnlyDictionary<string, string>? environment;
    private DateTimeOffset idleSince;
    private DateTimeOffset heardAt;
    private bool hasCarried;

    /// <summary>There while an agent is started for a prompt: cancelled when nobody wants it any more, or its time is over.</summary>
    private CancellationTokenSource? greeting;
    private bool isUnwanted;
    private bool isRetired;

    /// <summary>Who is about to want something; the one who opened it is the first.</summary>
    private int holds = 1;
    private int callers;
    private DateTimeOffset callersLeftAt;

    private Conversation(AcpShared shared, AcpRecord record, AcpAgent agentKind, Lease lease)
    {
        this.shared = shared;
        this.record = record;
        this.agentKind = agentKind;
        this.lease = lease;
        journal = AcpJournal.Open(shared.Store.JournalOf(record.Id));
        directories = [record.Cwd, .. record.AdditionalDirectories];
        idleSince = heardAt = callersLeftAt = shared.Time.GetUtcNow();
        Running = Task.CompletedTask;
    }

    public string Id => record.Id;

    public AcpRecord Record
    {
        get
        {
            lock (gate)
            {
                return record;
            }
        }
    }

    /// <summary>Ends when there is nothing left to do for the session.</summary>
    public Task Running { get; private set; }

    /// <summary>What the session is doing, in the words of the list.</summary>
    public SessionState State
    {
        get
        {
            lock (gate)
            {
                return approvals.Count > 0 ? SessionState.Waiting
                    : turn is { WasTold: false } ? SessionState.Running
                    : agent is not null ? SessionState.Idle
                    : work.Count > 0 ? SessionState.Starting
                    : SessionState.Stopped;
            }
        }
    }

    /// <summary>Prompts that wait behind the one that runs.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return work.OfType<AcpWork.Turn>().Count(one => one.Prompt.Id != turn?.Prompt.Id);
            }
        }
    }

    /// <summary>Since when its agent has nothing to do; null when it has, or there is none.</summary>
    public DateTimeOffset? RestsSince
    {
        get
        {
            lock (gate)
            {
                return agent is not null && turn is null && work.Count == 0 && approvals.Count == 0 ? idleSince : null;
            }
        }
    }

    public IReadOnlyList<ApprovalRow> Approvals
    {
        get
        {
            lock (gate)
            {
                return [.. approvals.Values.Select(static one => one.Row)];
            }
        }
    }

    /// <summary>Begins to drive a session; null when another process does.</summary>
    /// <param name="retired">Called once, when there is nothing left to do.</param>
    public static Conversation? TryOpen(AcpShared shared, AcpRecord record, AcpAgent agentKind, Action<Conversation> retired)
    {
        if (Lease.TryTake(shared.Store.LeaseOf(record.Id)) is not { } lease)
        {
            return null;
        }

        // Read again under the lease: the driver before may have written in between.
        var conversation = new Conversation(shared, shared.Store.Find(record.Id) ?? record, agentKind, lease);
        conversation.Running = Task.Run(() => conversation.Drive(retired));
        return conversation;
    }

    /// <summary>Keeps it from leaving; false when it has left already.</summary>
    public bool TryHold()
    {
        lock (gate)
        {
            holds += isRetired ? 0 : 1;
            return !isRetired;
        }
    }

    public void Release()
    {
        lock (gate)
        {
            holds--;
        }

        wake.Writer.TryWrite(true);
    }

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
            Ring();
        }

        await current.Over.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Closes the session: no prompt will be taken any more, what waits is dropped, its agent ends. Its history stays.</summary>
    public async Task Close(CancellationToken cancellationToken)
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

        await Running.WaitAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>Lets go: agent, queue and questions stay for the next driver.</summary>
    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync().ConfigureAwait(false);
        Ring();
        await Running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        leaving.Dispose();
    }

    private string Name => $"{record.Adapter}/{record.SessionId ?? record.Id}";

    private void Ring()
    {
        wake.Writer.TryWrite(true);
        shared.Changed(Id);
    }

    private JournalEntry Entry(string kind) => new() { Kind = kind, At = shared.Time.GetUtcNow(), Launch = agent?.LaunchId, Offset = agent?.OutputEnd };

    private void Update(AcpRecord changed)
    {
        shared.Store.Write(changed);
        record = changed;
    }

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
                    journal.Append(Entry(JournalKinds.Ready) with { SessionId = record.SessionId, Capabilities = AcpOffers.Capabilities(run.Capabilities) }, durable: true);
                }

                journal.KeepWithin(JournalCapBytes, AcpLeft.NeededFrom(shared.Store.JournalOf(Id)));
            }
        }
    }

    /// <summary>Does the next thing, or waits for one; false when there is nothing left.</summary>
    private async Task<bool> Step(CancellationToken cancellationToken)
    {
        if (agent is { Ended.IsCompleted: true })
        {
            await AgentIsGone(cancellationToken).ConfigureAwait(false);
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

        await RungOr(Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken), LongestWait, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Until somebody rings, something has ended, or the time is over.</summary>
    private async Task RungOr(Task end, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(wake.Reader.WaitToReadAsync(enough.Token).AsTask(), end, Task.Delay(longest, shared.Time, enough.Token)).ConfigureAwait(false);
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
        var limit = record.IsOneShot ? OneShotPatience : record.TtlSeconds > 0 ? TimeSpan.FromSeconds(record.TtlSeconds) : TimeSpan.MaxValue;
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
        await ours.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
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
