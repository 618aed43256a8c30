using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>
/// Asks one adapter, with a deadline, and keeps law L5: an adapter that fails costs its deadline once; from then on requests get
/// its last good answer as unknown rows at once, while one background task looks again. Only <see cref="Look"/> decides whether the
/// adapter works: a question about one session fails alone. Thread-safe.
/// </summary>
internal sealed class AdapterProbe(
    IAgentAdapter adapter,
    TimeSpan deadline,
    LastAnswers memory,
    TimeProvider time,
    Func<DiscoveryContext>? retryContext,
    Action recovered) : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowestRetry = TimeSpan.FromSeconds(30);

    /// <summary>Questions about single sessions that timed out and have not ended: each holds a thread.</summary>
    private const int MostStuck = 4;

    private readonly Lock gate = new();
    private readonly CancellationTokenSource disposing = new();
    private readonly SemaphoreSlim retryNow = new(0, 1);
    private Failure? failure;
    private long failedAt;
    private Task retrying = Task.CompletedTask;
    private Task abandoned = Task.CompletedTask;
    private int stuck;
    private Task readingTheRest = Task.CompletedTask;

    public IAgentAdapter Adapter => adapter;

    private sealed record Failure(AdapterStatus Status, string Error);

    /// <summary>One call of the adapter did not give an answer.</summary>
    private sealed class ProbeException(Failure failure, Exception? cause = null) : Exception(failure.Error, cause)
    {
        public Failure Failure => failure;
    }

    /// <summary>Looks; never throws for what the adapter does.</summary>
    public async Task<Look> Look(DiscoveryContext context, CancellationToken cancellationToken)
    {
        if (KnownFailure is { } known)
        {
            Wanted();
            return Remembered(known, TimeSpan.Zero);
        }

        var started = time.GetTimestamp();
        try
        {
            // While the rest is read in the background, a request takes what is there.
            var own = IsReadingTheRest ? context with { Reading = ReadingTime.None } : context;
            var answer = WithValidIds(await Run(token => adapter.Discover(own, token), Abandon, cancellationToken).ConfigureAwait(false));
            var answeredAt = time.GetUtcNow();
            if (answer.Unread > 0)
            {
                ReadTheRest(context);
                answer = answer with { Problems = [.. answer.Problems, Unread(answer.Unread)] };
            }

            if (retryContext is not null)
            {
                memory.Remember(adapter.Id, answeredAt, answer.Sightings);
            }

            var status = answer.Problems.Count > 0 ? AdapterStatus.Partial : AdapterStatus.Ok;
            var outcome = new AdapterOutcome(adapter.Id, status, time.GetElapsedTime(started), null, answer.Problems, answer.Notes, answeredAt);
            return new Look(outcome, answer.Sightings);
        }
        catch (ProbeException failed)
        {
            Fail(failed.Failure);
            return Remembered(failed.Failure, time.GetElapsedTime(started));
        }
    }

    /// <summary>An id that could be two lines, or steer a terminal, is not shown to anyone.</summary>
    private static AdapterAnswer WithValidIds(AdapterAnswer answer)
    {
        if (answer.Sightings.All(static sighting => SessionIds.IsValid(sighting.Id)))
        {
            return answer;
        }

        var problems = answer.Sightings.Where(static sighting => !SessionIds.IsValid(sighting.Id)).Select(static sighting =>
            $"a session is left out: its id is not up to {SessionIds.LongestBytes} characters of printable ASCII ({sighting.Facts.SignalEvidence?.Source ?? sighting.Facts.HolderEvidence?.Source ?? "no source"})");
        return answer with
        {
            Sightings = [.. answer.Sightings.Where(static sighting => SessionIds.IsValid(sighting.Id))],
            Problems = [.. answer.Problems, .. problems],
        };
    }

    private string Unread(int count) => retryContext is not null
        ? $"{count} older session{(count == 1 ? " is" : "s are")} still being read; ask again in a moment"
        : $"{count} older session{(count == 1 ? " was" : "s were")} not read, for want of time; a daemon reads them once and keeps them: agentctl daemon start";

    private bool IsReadingTheRest
    {
        get
        {
            lock (gate)
            {
                return !readingTheRest.IsCompleted;
            }
        }
    }

    private void ReadTheRest(DiscoveryContext context)
    {
        lock (gate)
        {
            if (retryContext is not null && readingTheRest.IsCompleted && !disposing.IsCancellationRequested)
            {
                readingTheRest = Task.Run(() => ReadAll(context with { Reading = ReadingTime.Unlimited }, disposing.Token), CancellationToken.None);
            }
        }
    }

    private async Task ReadAll(DiscoveryContext context, CancellationToken cancellationToken)
    {
        try
        {
            await adapter.Discover(context, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception unread) when (unread is not OutOfMemoryException)
        {
            // The next caller gets the error itself, and its request starts another attempt.
            return;
        }

        recovered();
    }

    /// <summary>Asks the adapter about one session, or for its names. However that ends, the adapter's other sessions are not affected.</summary>
    /// <exception cref="CannotLookException">This question failed or timed out, or the adapter is known to be failing.</exception>
    public async Task<T> Ask<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        if (KnownFailure is { } known)
        {
            Wanted();
            throw new CannotLookException(known.Error);
        }

        if (Volatile.Read(ref stuck) >= MostStuck)
        {
            throw new CannotLookException($"{adapter.Id} has not ended {MostStuck} questions that timed out; it is asked again when one of them ends");
        }

        try
        {
            return await Run(question, AbandonQuestion, cancellationToken).ConfigureAwait(false);
        }
        catch (ProbeException failed)
        {
            throw new CannotLookException(failed.Failure.Error, failed.InnerException);
        }
    }

    /// <param name="abandon">Takes over work that has not ended in time.</param>
    private async Task<T> Run<T>(Func<CancellationToken, Task<T>> question, Func<Task, CancellationTokenSource, Task> abandon, CancellationToken cancellationToken)
    {
        // Not disposed here: work that ignores its cancellation still holds the token.
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = Task.Run(() => question(limit.Token), CancellationToken.None);
        _ = work.ContinueWith(static (_, state) => ((CancellationTokenSource)state!).Dispose(), limit,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await work.WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            await abandon(work, limit).ConfigureAwait(false);
            throw new ProbeException(new Failure(AdapterStatus.TimedOut, $"{adapter.Id} did not answer within {deadline.TotalSeconds:0.#} s"));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await abandon(work, limit).ConfigureAwait(false);
            throw;
        }
        catch (CannotLookException refusal)
        {
            throw new ProbeException(new Failure(AdapterStatus.Failed, refusal.Message), refusal);
        }
        catch (Exception bug)
        {
            // An adapter's bug must not take the others' rows with it; it stays visible as this adapter's error. A cancellation that
            // the caller did not ask for is the adapter's own.
            throw new ProbeException(new Failure(AdapterStatus.Failed, $"{adapter.Id} failed: {bug.Message} ({bug.GetType().Name})"), bug);
        }
    }

    /// <summary>Something changed: a failing adapter is worth a look before its next retry is due.</summary>
    public void Nudge()
    {
        lock (gate)
        {
            // Many may ask at the same moment, and there is room for one.
            if (KnownFailure is not null && retryNow.CurrentCount == 0)
            {
                retryNow.Release();
            }
        }
    }

    /// <summary>Somebody asks for what cannot be looked at: for him it is tried again now, unless that was done within the second.</summary>
    private void Wanted()
    {
        bool isDue;
        lock (gate)
        {
            isDue = time.GetElapsedTime(failedAt) > FirstRetry;
        }

        if (isDue)
        {
            Nudge();
        }
    }

    private Failure? KnownFailure
    {
        get
        {
            lock (gate)
            {
                // A one-shot command has no background task that could ever clear it.
                return retryContext is null ? null : failure;
            }
        }
    }

    /// <summary>Tells a question to end. One that does not obey counts until it ends, and never delays a look.</summary>
    private async Task AbandonQuestion(Task work, CancellationTokenSource limit)
    {
        Interlocked.Increment(ref stuck);
        await Cancel(limit).ConfigureAwait(false);
        _ = work.ContinueWith(
            done =>
            {
                _ = done.Exception;
                Interlocked.Decrement(ref stuck);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static async Task Cancel(CancellationTokenSource limit)
    {
        try
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It ended in this very moment.
        }
    }

    /// <summary>Tells a look to end; one that does not obey stays the one look of this adapter until it ends.</summary>
    private async Task Abandon(Task work, CancellationTokenSource limit)
    {
        await Cancel(limit).ConfigureAwait(false);
        lock (gate)
        {
            abandoned = Task.WhenAll(abandoned, work.ContinueWith(static done => _ = done.Exception, TaskScheduler.Default));
        }
    }

    private void Fail(Failure seen)
    {
        lock (gate)
        {
            (failure, failedAt) = (seen, time.GetTimestamp());
            if (retryContext is not null && retrying.IsCompleted && !disposing.IsCancellationRequested)
            {
                retrying = Task.Run(() => RetryUntilGood(disposing.Token), CancellationToken.None);
            }
        }
    }

    private async Task RetryUntilGood(CancellationToken cancellationToken)
    {
        for (var wait = FirstRetry; ; wait = wait * 2 < SlowestRetry ? wait * 2 : SlowestRetry)
        {
            try
            {
                await WaitForRetry(wait, cancellationToken).ConfigureAwait(false);
                await abandoned.WaitAsync(cancellationToken).ConfigureAwait(false);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var look = adapter.Discover(retryContext!(), limit.Token);
                try
                {
                    await look.WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException)
                {
                    await Abandon(look, limit).ConfigureAwait(false);
                    await abandoned.WaitAsync(cancellationToken).ConfigureAwait(false);
                    lock (gate)
                    {
                        failedAt = time.GetTimestamp();
                    }

                    continue;
                }

                lock (gate)
                {
                    failure = null;
                }

                recovered();
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception again) when (again is not OutOfMemoryException)
            {
                lock (gate)
                {
                    (failure, failedAt) = (new Failure(AdapterStatus.Failed, again.Message), time.GetTimestamp());
                }
            }
        }
    }

    private async Task WaitForRetry(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(wait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await retryNow.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The wait is over.
        }
    }

    private Look Remembered(Failure known, TimeSpan took)
    {
        var last = memory.Recall(adapter.Id);
        var reason = known.Status == AdapterStatus.TimedOut ? Reasons.AdapterTimedOut : Reasons.AdapterFailed;
        var outcome = new AdapterOutcome(adapter.Id, known.Status, took, known.Error, [], [], last?.AnsweredAt);
        return new Look(outcome, last?.AsUnknown(reason) ?? []);
    }

    public async ValueTask DisposeAsync()
    {
        await disposing.CancelAsync().ConfigureAwait(false);
        Task owned;
        lock (gate)
        {
            owned = Task.WhenAll(retrying, readingTheRest);
        }

        await owned.ConfigureAwait(false);
        switch (adapter)
        {
            case IAsyncDisposable asynchronous:
                await asynchronous.DisposeAsync().ConfigureAwait(false);
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        disposing.Dispose();
        retryNow.Dispose();
    }
}

/// <summary>One adapter's look: how it went, and what it saw.</summary>
internal sealed record Look(AdapterOutcome Outcome, IReadOnlyList<Sighting> Sightings);
