using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// The one long-lived connection of a daemon: subscribes, keeps all rows in memory, re-reads what events say has changed, and
/// everything after a reconnect or a gap in the event numbers. It asks nothing while nothing runs and no event comes.
/// </summary>
/// <remarks>
/// Events are taken as "this key changed", not as rows: cron and hook runs send rows of another shape under another key than
/// the list, and what a daemon shows must equal what a command without a daemon shows.
/// </remarks>
internal sealed class GatewayFollower : IAsyncDisposable
{
    /// <summary>Events come in bursts (one turn sends ten); the first of a burst waits this long for the rest.</summary>
    private static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(40);

    /// <summary>From so many changed keys on, one list costs less than the searches.</summary>
    private const int ManyKeys = 16;

    private readonly Func<GatewayPlace> findPlace;
    private readonly GatewayHandshake handshake;
    private readonly GatewayDeadlines deadlines;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly Action changed;
    private readonly BackgroundLoop loop;
    private FollowedSession? current;

    public GatewayFollower(Func<GatewayPlace> findPlace, GatewayHandshake handshake, GatewayDeadlines deadlines, TimeProvider time, Backoff backoff, BackgroundLoops loops, Action changed)
    {
        this.findPlace = findPlace;
        this.handshake = handshake;
        this.deadlines = deadlines;
        this.time = time;
        this.backoff = backoff;
        this.changed = changed;
        loop = loops.Start("gateway", Run);
    }

    /// <summary>The greeted connection, while there is one.</summary>
    public GatewaySession? Live => Volatile.Read(ref current)?.Session;

    /// <summary>How many connections were greeted so far.</summary>
    public int Connections { get; private set; }

    /// <summary>
    /// Every row as of now, once what was heard up to now is worked in; null when there is no connection in step (then the
    /// caller looks for itself).
    /// </summary>
    public async Task<IReadOnlyDictionary<string, GatewayRow>?> Rows(TimeSpan patience, CancellationToken cancellationToken) =>
        Volatile.Read(ref current) is { } followed ? await followed.Rows(patience, cancellationToken) : null;

    /// <summary>Somebody else just reached the gateway: no need to wait longer.</summary>
    public void Nudge() => backoff.Cut();

    private async Task Run(BackgroundLoop self, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var place = findPlace();
                if (place.IsThere)
                {
                    await Follow(place, cancellationToken);
                }
            }
            catch (GatewayFailure)
            {
                // Why it could not look is told by the look of whoever asks next; here it only means to try again.
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            await backoff.Wait(time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Follow(GatewayPlace place, CancellationToken cancellationToken)
    {
        var events = new GatewayEvents();
        await using var session = await handshake.Open(place, deadlines, events.Take, cancellationToken);
        Connections++;
        var followed = new FollowedSession(session, events, time);
        try
        {
            await session.Connection.Call("sessions.subscribe", static _ => { }, cancellationToken);
            await Load(followed, cancellationToken);
            Volatile.Write(ref current, followed);
            backoff.Reset();
            changed();
            await UntilEnd(followed, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref current, null);
            followed.End();
            if (!cancellationToken.IsCancellationRequested)
            {
                changed();
            }
        }
    }

    private async Task UntilEnd(FollowedSession followed, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keepingUp = KeepUp(followed, either.Token);
        var watching = WatchSilence(followed.Session, either.Token);
        var first = await Task.WhenAny(keepingUp, watching, followed.Session.Connection.Ended);
        await either.CancelAsync();
        await Task.WhenAll(keepingUp, watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task Load(FollowedSession followed, CancellationToken cancellationToken)
    {
        var upTo = followed.Events.Heard;
        followed.Events.TakeChanges();
        await ReadAll(followed, upTo, cancellationToken);
    }

    private async Task ReadAll(FollowedSession followed, long upTo, CancellationToken cancellationToken)
    {
        var rows = await SessionList.Read(followed.Session, new ListQuery(ActiveOnly: false), deadlines.Call, cancellationToken);
        followed.SecondLooks.BeginWith(rows.Values.Where(static row => row.HasActiveRun is not false).Select(static row => row.Key));
        followed.Apply(rows, upTo);
    }

    private async Task KeepUp(FollowedSession followed, CancellationToken cancellationToken)
    {
        var change = followed.Events.WaitForChange(cancellationToken);
        while (true)
        {
            await ChangeOrDue(change, followed.SecondLooks.Left, cancellationToken);
            if (change.IsCompleted)
            {
                if (!await change)
                {
                    return;
                }

                await Task.Delay(Coalescing, time, cancellationToken);
                change = followed.Events.WaitForChange(cancellationToken);
            }

            var upTo = followed.Events.Heard;
            var changes = followed.Events.TakeChanges();
            if (changes.Everything || changes.Keys.Count > ManyKeys)
            {
                await ReadAll(followed, upTo, cancellationToken);
                changed();
                continue;
            }

            var hasChanged = await ReadAgain(followed, changes.Keys, cancellationToken);
            followed.Settle(upTo);
            if (hasChanged || changes.Transcripts)
            {
                changed();
            }
        }
    }

    private async Task<bool> ReadAgain(FollowedSession followed, IReadOnlyCollection<string> named, CancellationToken cancellationToken)
    {
        var hasChanged = false;
        foreach (var key in named.Union(followed.SecondLooks.Due()))
        {
            var found = await SessionList.Read(followed.Session, new ListQuery(ActiveOnly: false, Search: key), deadlines.Call, cancellationToken);
            hasChanged |= followed.Apply(key, found);
            if (named.Contains(key))
            {
                followed.SecondLooks.Begin(key);
            }
            else
            {
                followed.SecondLooks.Read(key, found.Values.Any(row => row.Key == key && row.HasActiveRun is not false));
            }
        }

        return hasChanged;
    }

    private async Task ChangeOrDue(Task change, TimeSpan? due, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(change, due is { } left ? Task.Delay(left, time, enough.Token) : change);
        await enough.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>A gateway that lives ticks; one that has been silent for two ticks is as good as gone.</summary>
    private async Task WatchSilence(GatewaySession session, CancellationToken cancellationToken)
    {
        var most = session.Tick * 2;
        for (var left = most; left > TimeSpan.Zero; left = most - session.Connection.Silence)
        {
            await Task.Delay(left, time, cancellationToken);
        }

        throw new GatewayFailure(GatewayFailureKind.Silent, $"the OpenClaw gateway said nothing for {Deadline.Text(most)}");
    }

    /// <summary>Ends it without waiting for the end.</summary>
    public void Stop() => loop.Stop();

    /// <summary>It was stopped, and nothing of it runs any more.</summary>
    public bool HasEnded => loop.HasEnded;

    public ValueTask DisposeAsync() => loop.DisposeAsync();
}
