namespace Agentctl.Adapters.OpenClaw;

/// <summary>One look for all who ask at the same time; it is cancelled when the last of them has gone.</summary>
internal sealed class SharedLook<T>
{
    private readonly Lock gate = new();
    private Flight? flight;

    public async Task<T> Join(Func<CancellationToken, Task<T>> look, CancellationToken cancellationToken)
    {
        Flight joined;
        lock (gate)
        {
            if (flight is not { Waiting: > 0 } || flight.Task.IsCompleted)
            {
                flight = new Flight();
                flight.Task = Task.Run(() => look(flight.Ending.Token), CancellationToken.None);
            }

            joined = flight;
            joined.Waiting++;
        }

        try
        {
            return await joined.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            var isLast = false;
            lock (gate)
            {
                isLast = --joined.Waiting == 0;
                if (isLast && flight == joined)
                {
                    flight = null;
                }
            }

            if (isLast)
            {
                await joined.Ending.CancelAsync();
                // Whoever leaves last sees the sockets closed before it goes.
                await ((Task)joined.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                joined.Ending.Dispose();
            }
        }
    }

    private sealed class Flight
    {
        public Task<T> Task { get; set; } = null!;
        public int Waiting { get; set; }
        public CancellationTokenSource Ending { get; } = new();
    }
}
