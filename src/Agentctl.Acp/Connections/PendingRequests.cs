namespace Agentctl.Acp;

/// <summary>Requests that wait for their answers. Once ended, every request fails: none can be added unnoticed. Thread-safe.</summary>
internal sealed class PendingRequests
{
    private readonly Lock gate = new();
    private readonly Dictionary<RequestId, TaskCompletionSource<Answer>> waiting = [];
    private string? endReason;

    /// <summary>The answer to a request; the same task for the same id.</summary>
    public Task<Answer> Add(RequestId id)
    {
        lock (gate)
        {
            if (endReason is not null)
            {
                return Task.FromException<Answer>(Disconnected(endReason));
            }

            if (!waiting.TryGetValue(id, out var source))
            {
                waiting[id] = source = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return source.Task;
        }
    }

    /// <summary>Removes a request; null when nobody waits for its answer.</summary>
    public TaskCompletionSource<Answer>? Take(RequestId id)
    {
        lock (gate)
        {
            return waiting.Remove(id, out var source) ? source : null;
        }
    }

    /// <summary>Fails what waits, and whatever is added from now on.</summary>
    public void End(string reason)
    {
        TaskCompletionSource<Answer>[] left;
        lock (gate)
        {
            endReason ??= reason;
            left = [.. waiting.Values];
            waiting.Clear();
        }

        foreach (var source in left)
        {
            source.TrySetException(Disconnected(reason));
        }
    }

    private static AcpErrorException Disconnected(string reason) => new(new AcpError(AcpError.Disconnected, reason));
}
