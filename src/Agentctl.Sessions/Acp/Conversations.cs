using System.Collections.Concurrent;
using Agentctl.Adapters.Acp;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>All ACP sessions of a home: makes them, finds them, and drives those that somebody wants something of.</summary>
internal sealed partial class Conversations : IAsyncDisposable
{
    private readonly SessionServiceOptions options;
    private readonly AcpStore store;
    private readonly LaunchStore launches;
    private readonly Undertaker undertaker;
    private readonly LaunchStop stop;
    private readonly AcpShared shared;
    private readonly AcpStandings standings;
    private readonly ConcurrentDictionary<string, Conversation> driven = new(StringComparer.Ordinal);
    private readonly ConversationSignals signals = new();

    /// <summary>Sessions whose driver in another process is waited for, and the waiting.</summary>
    private readonly ConcurrentDictionary<string, bool> awaited = new(StringComparer.Ordinal);
    private readonly List<Task> waiting = [];
    private readonly CancellationTokenSource leaving = new();
    private readonly Lock gate = new();

    /// <summary>How long a lease that a killed driver held is waited for, before it is somebody else's who lives.</summary>
    private static readonly TimeSpan DyingPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public Conversations(
        SessionServiceOptions options, AcpStore store, AcpStandings standings, LaunchStore launches, Undertaker undertaker, Launcher launcher, LaunchStop stop, string? shimPath, Action changed)
    {
        this.options = options;
        this.store = store;
        this.standings = standings;
        this.launches = launches;
        this.undertaker = undertaker;
        this.stop = stop;
        shared = new AcpShared(
            options, store, launches, undertaker, launcher, stop, shimPath,
            id =>
            {
                signals.Raise(id);
                changed();
            },
            signals.Raise)
        {
            MakeRoom = MakeRoom,
        };
    }

    /// <summary>Looks after what a driver before has left: agents that live, prompts that wait. For the daemon, at its start.</summary>
    /// <param name="told">Receives what goes wrong from now on while nobody asks, for the log.</param>
    public int AdoptAll(Action<string> told)
    {
        shared.Told = told;
        lock (waiting)
        {
            waiting.Add(EndUnreachableAgentsNow(leaving.Token));
        }

        return LiveIds(told).Count(id => TryAdopt(id, told));
    }

    private IReadOnlyList<string> LiveIds(Action<string> told)
    {
        try
        {
            return store.LiveIds();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            told($"no ACP session is adopted: {unreadable.Message}");
            return [];
        }
    }

    /// <summary>One damaged session, in whatever way, costs that session: the others and the daemon continue.</summary>
    private bool TryAdopt(string id, Action<string> told)
    {
        try
        {
            return Adopt(id);
        }
        catch (Exception damaged)
        {
            told($"the ACP session {id} is left alone: {damaged.Message}");
            return false;
        }
    }

    private async Task EndUnreachableAgentsNow(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Yield();
            await EndUnreachableAgents(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The next sweep will.
        }
        catch (Exception failure)
        {
            shared.Told($"agents whose shim was killed are not ended: {failure.Message}");
        }
    }

    /// <summary>Begins to drive a session that a driver before has left; false when there is none, or another process drives it.</summary>
    private bool Adopt(string id)
    {
        if (store.Find(id) is not { } record)
        {
            store.UnmarkLive(id);
            return false;
        }

        using var driver = Drive(record);
        if (driver is null)
        {
            AwaitFree(id);
        }

        return driver is not null;
    }

    /// <summary>Drives a session when the process that drives it now has left.</summary>
    private void AwaitFree(string id)
    {
        lock (waiting)
        {
            if (!leaving.IsCancellationRequested && awaited.TryAdd(id, true))
            {
                waiting.RemoveAll(static one => one.IsCompletedSuccessfully);
                waiting.Add(AdoptWhenFree(id, leaving.Token));
            }
        }
    }

    /// <summary>
    /// Goes on with a session that is driven by another process still: a command without a daemon, until it ends; or a daemon that was
    /// killed, for its lease on a session may be let go by the kernel a moment after the one on the home.
    /// </summary>
    private async Task AdoptWhenFree(string id, CancellationToken cancellationToken)
    {
        try
        {
            HeldDriver? driver = null;
            for (var pause = ShortestPause; driver is null && store.IsLive(id); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                await Task.Delay(pause, options.Time, cancellationToken).ConfigureAwait(false);
                driver = store.Find(id) is { } record ? Drive(record) : null;
            }

            awaited.TryRemove(id, out _);
            driver?.Dispose();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The next daemon will.
        }
        catch (Exception failure)
        {
            // Nobody waits for this task: what fails in it must be told here, and must not leave the session awaited for ever.
            shared.Told($"the ACP session {id} is left alone: {failure.Message}");
            awaited.TryRemove(id, out _);
        }

        signals.Raise(id);
    }

    /// <summary>Ends the agent that rests longest among those that hold a slot of a full scope; false when none rests.</summary>
    public async Task<bool> MakeRoom(Refusal.NoSlot full, CancellationToken cancellationToken)
    {
        var resting = full.Holders
            .Where(static holder => holder.Record.Conversation is not null)
            .Select(holder => (Holder: holder, Since: RestsSince(holder)))
            .Where(static one => one.Since is not null)
            .OrderBy(static one => one.Since);
        foreach (var (holder, _) in resting)
        {
            var conversation = holder.Record.Conversation!;
            if (driven.TryGetValue(conversation, out var ours))
            {
                if (await ours.TryRest(StopRecord.Rest, cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
            else if ((await stop.Stop(holder, TimeSpan.FromSeconds(1.5), StopRecord.Rest, cancellationToken).ConfigureAwait(false)).IsOver)
            {
                // Another process drives it: a prompt that comes to it at this moment finds the agent gone, and starts another.
                return true;
            }
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        Task[] awaiting;
        lock (waiting)
        {
            leaving.Cancel();
            awaiting = [.. waiting];
        }

        await Task.WhenAll(awaiting).ConfigureAwait(false);

        // A daemon leaves and its agents stay; a command stays until what ends with it has ended.
        var staying = driven.Values.ToList();
        if (!options.Watching)
        {
            await Task.WhenAll(staying.Where(static one => one.Record.IsOneShot).Select(static one => one.Running.WaitAsync(TimeSpan.FromSeconds(30)))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var conversation in staying)
        {
            await conversation.DisposeAsync().ConfigureAwait(false);
        }

        leaving.Dispose();
        shared.End();
    }

    private DateTimeOffset? RestsSince(Launch holder)
    {
        var id = holder.Record.Conversation!;
        if (driven.TryGetValue(id, out var ours))
        {
            return ours.RestsSince;
        }

        var left = standings.Left(id);
        return left is { Begun: null, Waiting: [], Ready: { } ready } && ready.Launch == holder.Id ? left.LastEndAt ?? ready.At : null;
    }

    private AcpAgent? KindOf(string name) => AcpAgents.Find(name, options.Config.Acp.Agents);

    /// <summary>The driver of a session, begun when there is none, and kept from leaving until disposed; null when another process has it.</summary>
    private HeldDriver? Drive(AcpRecord record)
    {
        // Without the lock of all sessions: a driver that waits for the disk delays the clients of its own session only.
        if (driven.TryGetValue(record.Id, out var running) && running.TryHold())
        {
            return new HeldDriver(running);
        }

        lock (gate)
        {
            if (driven.TryGetValue(record.Id, out var ours) && ours.TryHold())
            {
                return new HeldDriver(ours);
            }

            // An agent that config declared and that is gone from there can still be ended.
            var kind = KindOf(record.Agent) ?? new AcpAgent { Name = record.Agent, Adapter = record.Adapter, Command = [record.Agent] };
            if (Conversation.TryOpen(shared, record, kind, Retired) is not { } opened)
            {
                return null;
            }

            driven[record.Id] = opened;
            return new HeldDriver(opened);
        }
    }

    private sealed class HeldDriver(Conversation conversation) : IDisposable
    {
        public Conversation Conversation => conversation;

        public void Dispose() => conversation.Release();
    }

    private void Retired(Conversation conversation)
    {
        lock (gate)
        {
            driven.TryRemove(new KeyValuePair<string, Conversation>(conversation.Id, conversation));
        }

        signals.Raise(conversation.Id);
    }

    /// <summary>This process drives it, and signals whatever happens.</summary>
    public bool IsOurs(string id) => driven.ContainsKey(id);

    private bool IsDriven(string id) => IsOurs(id) || awaited.ContainsKey(id) || Lease.IsHeld(store.LeaseOf(id));

    /// <summary>Does something with the driver of a session. One that is just leaving still has the lease: it is waited for, and followed by another.</summary>
    private async Task<(T? Value, ApiReply? Problem)> WithDriver<T>(AcpRecord record, Func<Conversation, Task<T?>> act, CancellationToken cancellationToken)
        where T : class
    {
        var began = options.Time.GetTimestamp();
        while (true)
        {
            var retiring = driven.GetValueOrDefault(record.Id);
            using (var driver = Drive(record))
            {
                if (driver is not null && await act(driver.Conversation).ConfigureAwait(false) is { } value)
                {
                    return (value, null);
                }
            }

            if (retiring is null && options.Time.GetElapsedTime(began) > DyingPatience)
            {
                return (null, Replies.Refused("/problems/refused", $"{NameOf(record)} is driven by another agentctl process at this moment. Try again when that has ended, or use the daemon: agentctl daemon start"));
            }

            // Of a driver in another process only its lease is seen, and a killed one's goes a moment after it.
            await (retiring?.Running.WaitAsync(cancellationToken) ?? Task.Delay(ShortestPause, options.Time, cancellationToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            record = store.FindReadable(record.Id) ?? record;
        }
    }

    /// <summary>Between its record and its first driver there is a moment in which nobody holds it.</summary>
    private static TimeSpan JustMade(AcpRecord record) => record.LaunchId is null ? TimeSpan.FromSeconds(2) : TimeSpan.Zero;

    private static string NameOf(AcpRecord record) => $"{record.Adapter}/{record.SessionId ?? record.Id}";

    /// <summary>Its newest launch, as it stands.</summary>
    private Launch? LaunchOf(AcpRecord record, IProcessTable processes) =>
        record.LaunchId is { } id && launches.Find(id) is { } launch ? undertaker.Attend(launch, processes) : null;

    /// <summary>A one-shot is closed when its agent does not live and nobody drives it, whatever its flag says.</summary>
    private AcpSessionDocument Describe(AcpRecord record, IProcessTable processes, bool? created = null, string? replaced = null)
    {
        var ours = driven.GetValueOrDefault(record.Id);
        record = ours?.Record ?? record;
        var launch = LaunchOf(record, processes);
        var isClosed = record.Closed || (ours is null && store.IsWantedClosed(record.Id)) || (record.IsOneShot && launch is not { IsHeld: true } && !IsDriven(record.Id) && options.Time.GetUtcNow() - record.CreatedAt > JustMade(record));
        var status = ours?.State ?? (launch is { IsHeld: true }
            ? standings.Of(record.Id, launch, "").Signal switch { Signal.Busy => SessionState.Running, Signal.Waiting => SessionState.Waiting, Signal.Idle => SessionState.Idle, _ => SessionState.Starting }
            : SessionState.Stopped);
        var left = standings.Left(record.Id);
        return new AcpSessionDocument
        {
            Id = record.Id,
            SessionId = record.SessionId,
            EarlierSessionIds = record.EarlierSessionIds.Count > 0 ? record.EarlierSessionIds : null,
            Agent = record.Agent,
            Adapter = record.Adapter,
            Cwd = record.Cwd,
            Name = record.Name,
            Title = record.Title,
            Mode = record.Mode,
            Closed = isClosed,
            ClosedAt = record.ClosedAt ?? (isClosed ? launch?.Exit?.EndedAt : null),
            CreatedAt = record.CreatedAt,
            LastUsedAt = store.LastUsed(record.Id) ?? record.CreatedAt,
            Status = status.Word(),
            Queued = left.Waiting.Count,
            Pid = launch is { IsHeld: true } ? launch.Agent?.Pid : null,
            LaunchId = record.LaunchId,
            LastAgentExitAt = record.LastAgentExitAt ?? launch?.Exit?.EndedAt,
            LastAgentExitCode = record.LastAgentExitCode ?? launch?.Exit?.ExitCode,
            LastAgentSignal = record.LastAgentSignal ?? launch?.Exit?.Signal,
            LastAgentDisconnectReason = record.LastAgentDisconnectReason ?? (launch?.Exit is not null ? "process_exit" : null),
            Model = record.Model,
            ModeId = record.ModeId,
            AvailableModels = record.AvailableModels.Count > 0 ? record.AvailableModels : null,
            AvailableModes = record.AvailableModes.Count > 0 ? record.AvailableModes : null,
            Options = record.Options.Count > 0 ? record.Options : null,
            Permissions = record.Policy.Mode,
            Created = created,
            Replaced = replaced,
        };
    }
}
