using System.Collections.Concurrent;

namespace Agentctl.Acp;

/// <summary>Requests of the other side that are being answered. Every request gets one answer, also when the handler fails. Thread-safe.</summary>
/// <param name="handler">Answers.</param>
/// <param name="send">Sends an answer; the position of the request it answers.</param>
/// <param name="ending">Cancelled when the connection ends.</param>
internal sealed class IncomingRequests(IAcpHandler handler, Func<ReadOnlyMemory<byte>, long, Task> send, CancellationToken ending)
{
    private readonly ConcurrentDictionary<RequestId, CancellationTokenSource> running = new();
    private readonly ConcurrentDictionary<Task, bool> tasks = new();

    /// <summary>Begins to answer a request.</summary>
    public void Begin(AcpIncoming request)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(ending);
        running[request.Id!.Value] = cancel;
        Own(AnswerTo(request, cancel));
    }

    /// <summary>Cancels one request that the other side gave up.</summary>
    public void Cancel(RequestId id)
    {
        if (running.TryGetValue(id, out var request))
        {
            try
            {
                request.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It was answered at this moment.
            }
        }
    }

    public async Task CancelAll()
    {
        foreach (var request in running.Values)
        {
            try
            {
                await request.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // It was answered at this moment.
            }
        }
    }

    /// <summary>Ends when everything that was begun has ended.</summary>
    public Task Finished() => Task.WhenAll(tasks.Keys);

    /// <summary>Waits for something when the connection is disposed.</summary>
    public void Own(Task task)
    {
        if (!task.IsCompleted)
        {
            tasks[task] = true;
            _ = task.ContinueWith(one => tasks.TryRemove(one, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task AnswerTo(AcpIncoming request, CancellationTokenSource cancel)
    {
        var id = request.Id!.Value;
        try
        {
            var reply = await Reply(request, cancel.Token).ConfigureAwait(false);
            if (reply is not AcpReply.None)
            {
                await send(AnswerLine(id, reply), request.Position).ConfigureAwait(false);
            }
        }
        finally
        {
            running.TryRemove(new KeyValuePair<RequestId, CancellationTokenSource>(id, cancel));
            cancel.Dispose();
        }
    }

    private async ValueTask<AcpReply> Reply(AcpIncoming request, CancellationToken cancellationToken)
    {
        try
        {
            return await handler.Request(request, cancellationToken).ConfigureAwait(false);
        }
        catch (AcpFormatException wrong)
        {
            return AcpReply.Error(AcpError.InvalidParams, wrong.Message);
        }
        catch (AcpErrorException failed)
        {
            return new AcpReply.Failure(failed.Error);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return AcpReply.Error(AcpError.Cancelled, "cancelled");
        }
        catch (Exception failure)
        {
            // A request without an answer would hold the other side for ever.
            return AcpReply.Error(AcpError.InternalError, failure.Message);
        }
    }

    /// <summary>An answer that cannot be written becomes an error, for the same reason.</summary>
    private static ReadOnlyMemory<byte> AnswerLine(RequestId id, AcpReply reply)
    {
        try
        {
            return OutgoingMessage.Answer(id, reply);
        }
        catch (Exception failure)
        {
            return OutgoingMessage.Answer(id, AcpReply.Error(AcpError.InternalError, $"the answer cannot be written: {failure.Message}"));
        }
    }
}
