namespace Agentctl.Adapters.OpenClaw;

/// <summary>The rows of one connection, and how far they are in step with what was heard.</summary>
internal sealed class FollowedSession(GatewaySession session, GatewayEvents events, TimeProvider time)
{
    private readonly Lock gate = new();
    private IReadOnlyDictionary<string, GatewayRow> rows = new Dictionary<string, GatewayRow>();
    private TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long appliedUpTo = -1;
    private bool hasEnded;

    public GatewaySession Session => session;
    public GatewayEvents Events => events;

    /// <summary>Of the follower alone.</summary>
    public SecondLooks SecondLooks { get; } = new(time);

    /// <summary>Waits, within the caller's patience, until all that was heard before the call is in the rows.</summary>
    public async Task<IReadOnlyDictionary<string, GatewayRow>?> Rows(TimeSpan patience, CancellationToken cancellationToken)
    {
        var target = events.Heard;
        using var timer = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (hasEnded || session.Connection.Failure is not null || session.Connection.Silence > session.Tick * 2)
                {
                    return null;
                }

                if (appliedUpTo >= target)
                {
                    return rows;
                }

                next = settled.Task;
            }

            try
            {
                await next.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    /// <summary>Takes a whole list.</summary>
    public void Apply(IReadOnlyDictionary<string, GatewayRow> listed, long upTo)
    {
        lock (gate)
        {
            rows = listed;
        }

        Settle(upTo);
    }

    /// <summary>Takes what a search for one key found; true when a row of that key is another than before.</summary>
    public bool Apply(string key, IReadOnlyDictionary<string, GatewayRow> found)
    {
        lock (gate)
        {
            var before = rows.Values.Where(row => row.Key == key).ToList();
            var now = found.Values.Where(row => row.Key == key).ToList();
            if (before.Count == now.Count && now.TrueForAll(row => rows.TryGetValue(row.Id, out var kept) && kept == row))
            {
                return false;
            }

            // Readers hold the old picture; a new one is made for them.
            var next = new Dictionary<string, GatewayRow>(rows);
            before.ForEach(row => next.Remove(row.Id));
            now.ForEach(row => next[row.Id] = row);
            rows = next;
            return true;
        }
    }

    public void Settle(long upTo)
    {
        lock (gate)
        {
            appliedUpTo = Math.Max(appliedUpTo, upTo);
            settled.TrySetResult();
            settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void End()
    {
        lock (gate)
        {
            hasEnded = true;
            settled.TrySetResult();
        }

        events.End();
    }
}
