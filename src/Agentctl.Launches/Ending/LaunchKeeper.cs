using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// What the daemon does for launches in the background: it records the end of those whose shim was killed, starts those whose turn has
/// come, and removes what has expired once an hour. The kernel wakes it (records, exits); it holds nothing that is lost with it.
/// </summary>
/// <param name="prune">Removes what has expired.</param>
/// <param name="loops">Where its loop is counted.</param>
/// <param name="told">Receives what went wrong, for the log.</param>
public sealed class LaunchKeeper(
    LaunchStore store, Undertaker undertaker, LaunchStop stop, LaunchHooks hooks, QueuedLaunches queue, Func<CancellationToken, Task> prune, BackgroundLoops loops, Action<string> told, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a starting daemon waits for a shim to answer. It is short because commands wait three seconds for that daemon, and may be:
    /// the answers are counted for the log. Whether a launch lives is decided by its lease, so a slow shim is never taken for an ended one.
    /// </summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim ring = new(0, 1);
    private WatchedExits? exits;
    private IDisposable? records;
    private BackgroundLoop? loop;
    private bool isDisposed;

    /// <summary>
    /// Picks up what is there: every live launch is looked at, each living shim is spoken to with a deadline of its own, ends of dead
    /// ones are written. From then on it keeps watch.
    /// </summary>
    public async Task<Recovery> Start(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        exits = new WatchedExits(Ring);
        records = store.Watch(Ring);
        IReadOnlyList<Launch> launches = [];
        try
        {
            launches = await Round(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            // Not a reason to have no daemon: the loop tries again.
            told($"could not look after launches: {failure.Message}");
        }

        var answers = await Task.WhenAll(launches.Where(static launch => launch.Standing == LaunchStanding.Held)
            .Select(launch => Answers(launch, cancellationToken))).ConfigureAwait(false);
        loop = loops.Start("launches", Keep);
        return new Recovery(
            launches.Count(static launch => launch.IsHeld), answers.Count(static answered => !answered), time.GetElapsedTime(began));
    }

    public async ValueTask DisposeAsync()
    {
        if (loop is not null)
        {
            await loop.DisposeAsync().ConfigureAwait(false);
        }

        records?.Dispose();
        exits?.Dispose();
        lock (ring)
        {
            isDisposed = true;
            ring.Dispose();
        }
    }

    /// <summary>Also called by a callback that had begun before its watch was disposed.</summary>
    private void Ring()
    {
        lock (ring)
        {
            if (!isDisposed && ring.CurrentCount == 0)
            {
                ring.Release();
            }
        }
    }

    private async Task Keep(BackgroundLoop self, CancellationToken cancellationToken)
    {
        var pruned = time.GetTimestamp();
        await self.Try("remove what has expired", prune, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await ring.WaitAsync(Sweep, cancellationToken).ConfigureAwait(false);
            await self.Try("look after launches", Round, cancellationToken).ConfigureAwait(false);
            if (time.GetElapsedTime(pruned) > PruneEvery)
            {
                pruned = time.GetTimestamp();
                await self.Try("remove what has expired", prune, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<Launch>> Round(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var live = store.Live(problems);
        var launches = live.Count > 0 ? undertaker.Attend(live, ProcessTable.Take()) : [];
        foreach (var problem in problems)
        {
            told(problem);
        }

        Follow(launches);
        foreach (var launch in launches)
        {
            await TellOf(launch, () => LookAfter(launch, cancellationToken), cancellationToken).ConfigureAwait(false);
        }

        await queue.Round(launches, cancellationToken).ConfigureAwait(false);
        return launches;
    }

    private async Task LookAfter(Launch launch, CancellationToken cancellationToken)
    {
        if (launch is { Remains: { Lives: true, CannotTell: false } remains, Record.Stdin: StdinMode.Open })
        {
            // Nobody can speak to it any more: it would wait for ever.
            await stop.EndRemains(launch, remains, TimeSpan.FromSeconds(2), StopRecord.Undertaker, [], cancellationToken).ConfigureAwait(false);
        }

        if (launch is { Exit: not null, Standing: LaunchStanding.Ended })
        {
            // Its shim was killed between the record of the end and what was to follow.
            hooks.Complete(launch);
        }
    }

    /// <summary>One launch that cannot be looked after costs that launch, not the others.</summary>
    private async Task TellOf(Launch launch, Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            told($"could not look after launch {launch.Id}: {failure.Message}");
        }
    }

    /// <summary>Watches every shim and what a killed one left: nothing else reports their exits.</summary>
    private void Follow(IReadOnlyList<Launch> launches)
    {
        var wanted = launches.Where(static launch => launch.IsHeld)
            .SelectMany(static launch => launch.Remains?.Processes ?? (launch.ShimIdentity is { } shim ? [shim] : []))
            .ToHashSet();
        if (exits!.Follow(wanted))
        {
            Ring();
        }
    }

    private async Task<bool> Answers(Launch launch, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerDeadline, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var shim = await ShimConnection.TryOpen(store.Places, launch.Id, deadline.Token).ConfigureAwait(false);
            return shim is not null && await shim.Status(deadline.Token).ConfigureAwait(false) is not null;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            if (failure is not OperationCanceledException)
            {
                told($"the shim of launch {launch.Id} answers nonsense: {failure.Message}");
            }

            return false;
        }
    }
}

/// <summary>What a starting daemon found.</summary>
/// <param name="Alive">Launches that live.</param>
/// <param name="Silent">Of them, shims that hold their lease and did not answer in time (stopped by a signal, most likely).</param>
public sealed record Recovery(int Alive, int Silent, TimeSpan Took);
