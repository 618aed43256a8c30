namespace Agentctl.Platform;

/// <summary>
/// Everybody in this process who waits for one lease. One thread waits in the kernel for all of them, however many give up meanwhile:
/// the kernel wakes exactly one waiter for each release, which asking again and again would do neither soon nor fairly.
/// </summary>
internal sealed class LeaseWaiters
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(string Path, long Offset), LeaseWaiters> Waiting = [];

    private readonly Queue<TaskCompletionSource<Lease>> queue = [];

    /// <summary>How many leases have a thread that waits for them.</summary>
    internal static int Threads
    {
        get
        {
            lock (Gate)
            {
                return Waiting.Count;
            }
        }
    }

    /// <param name="wait">Takes the lease on the calling thread, for as long as it takes.</param>
    public static async Task<Lease> Join(string path, long offset, Func<string, long, Lease> wait, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource<Lease>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (Gate)
        {
            if (!Waiting.TryGetValue((path, offset), out var waiters))
            {
                waiters = new LeaseWaiters();
                Waiting.Add((path, offset), waiters);
                var known = waiters;
                _ = Task.Factory.StartNew(() => known.Serve(path, offset, wait), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            waiters.queue.Enqueue(turn);
        }

        // Whoever gives up is passed over; a lease that was given in that very moment counts.
        await using var givenUp = cancellationToken.Register(static state => ((TaskCompletionSource<Lease>)state!).TrySetCanceled(), turn);
        try
        {
            return await turn.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private void Serve(string path, long offset, Func<string, long, Lease> wait)
    {
        for (var isServing = true; isServing;)
        {
            try
            {
                isServing = Give(path, offset, wait(path, offset));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                FailAll(path, offset, failure);
                return;
            }
        }
    }

    /// <summary>Gives the lease to the first who still waits; false when nobody is left.</summary>
    private bool Give(string path, long offset, Lease lease)
    {
        lock (Gate)
        {
            while (queue.TryDequeue(out var turn))
            {
                if (turn.TrySetResult(lease))
                {
                    if (queue.Count > 0)
                    {
                        return true;
                    }

                    Waiting.Remove((path, offset));
                    return false;
                }
            }

            Waiting.Remove((path, offset));
        }

        lease.Dispose();
        return false;
    }

    private void FailAll(string path, long offset, Exception failure)
    {
        lock (Gate)
        {
            Waiting.Remove((path, offset));
            while (queue.TryDequeue(out var turn))
            {
                turn.TrySetException(failure);
            }
        }
    }
}
