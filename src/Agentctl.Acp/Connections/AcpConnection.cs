using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>
/// One JSON-RPC conversation, either side of it. One loop reads; requests of both sides are in flight at once. Junk lines are counted
/// and dropped, unknown requests answered, unknown answers ignored. Thread-safe.
/// </summary>
public sealed class AcpConnection : IAsyncDisposable
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Agents nest schemas and tool input deeply.</summary>
    internal static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    private readonly IAcpTransport transport;
    private readonly IAcpHandler handler;
    private readonly bool answersJunk;
    private readonly ConcurrentDictionary<RequestId, TaskCompletionSource<Answer>> pending = new();
    private readonly ConcurrentDictionary<RequestId, CancellationTokenSource> incoming = new();
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<Task, bool> answering = new();
    private readonly string? idPrefix;
    private long nextId = -1;
    private long junkLines;
    private int isDisposed;

    private AcpConnection(IAcpTransport transport, IAcpHandler handler, bool answersJunk, string? idPrefix)
    {
        this.transport = transport;
        this.handler = handler;
        this.answersJunk = answersJunk;
        this.idPrefix = idPrefix;
        Ended = Task.CompletedTask;
    }

    /// <summary>Ends when the other side has gone, or the connection is disposed; never fails.</summary>
    public Task Ended { get; private set; }

    /// <summary>Why it ended, once it has: the first cause.</summary>
    public string? EndReason { get; private set; }

    /// <summary>Lines that were no messages.</summary>
    public long JunkLines => Interlocked.Read(ref junkLines);

    /// <summary>Begins to read.</summary>
    /// <param name="transport">Owned from now on.</param>
    /// <param name="handler">Takes what comes in.</param>
    /// <param name="answersJunk">Answer lines that are no messages with -32700 or -32600, as agents do; a client drops them.</param>
    /// <param name="idPrefix">Ids of requests are texts that begin so: for whoever takes over a conversation that another began. Numbers when null.</param>
    public static AcpConnection Start(IAcpTransport transport, IAcpHandler handler, bool answersJunk = false, string? idPrefix = null)
    {
        var connection = Create(transport, handler, answersJunk, idPrefix);
        connection.Begin();
        return connection;
    }

    /// <summary>As <see cref="Start"/>, but nothing is read before <see cref="Begin()"/>: for whoever must <see cref="Expect"/> answers that are there already, or whose handler needs the connection itself.</summary>
    public static AcpConnection Create(IAcpTransport transport, IAcpHandler handler, bool answersJunk = false, string? idPrefix = null) =>
        new(transport, handler, answersJunk, idPrefix);

    /// <summary>Begins to read; once.</summary>
    public void Begin() => Ended = Task.Run(ReadAll);

    /// <summary>Asks the other side.</summary>
    /// <param name="method">One of <see cref="AcpMethods"/>, or an extension's.</param>
    /// <param name="parameters">What is asked.</param>
    /// <param name="cancellationToken">Gives up: the other side is told by <c>$/cancel_request</c>, and its answer ignored.</param>
    /// <param name="id">Of one's own choice; counted from 0 when null.</param>
    /// <exception cref="AcpErrorException">It answered with an error, or went away first (<see cref="AcpError.Disconnected"/>).</exception>
    /// <exception cref="AcpFormatException">Its answer is not what it should be.</exception>
    public async Task<T> Request<T, TParams>(string method, TParams parameters, CancellationToken cancellationToken, RequestId? id = null)
        where T : IAcpMessage<T>
        where TParams : IAcpMessage<TParams>
    {
        var number = id is null ? Interlocked.Increment(ref nextId) : 0;
        var used = id ?? (idPrefix is null ? RequestId.Of(number) : RequestId.Of($"{idPrefix}{number}"));
        var answer = Expect(used);
        try
        {
            await Send(Message(json => WriteRequest(json, used, method, parameters.Write)), used, null, cancellationToken).ConfigureAwait(false);
            return T.Read((await answer.WaitAsync(cancellationToken).ConfigureAwait(false)).Result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            pending.TryRemove(used, out _);
            await CancelRequest(used).ConfigureAwait(false);
            throw;
        }
        catch (IOException gone)
        {
            pending.TryRemove(used, out _);
            throw new AcpErrorException(new AcpError(AcpError.Disconnected, EndReason ?? gone.Message));
        }
    }

    /// <summary>Sends a request whose answer is taken by <see cref="Expect"/>.</summary>
    /// <exception cref="AcpErrorException">The other side is gone.</exception>
    public async Task Send<TParams>(string method, TParams parameters, RequestId id, CancellationToken cancellationToken)
        where TParams : IAcpMessage<TParams>
    {
        try
        {
            await Send(Message(json => WriteRequest(json, id, method, parameters.Write)), id, null, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException gone)
        {
            throw new AcpErrorException(new AcpError(AcpError.Disconnected, EndReason ?? gone.Message));
        }
    }

    /// <summary>The answer to a request that somebody sent before, by its id.</summary>
    /// <exception cref="AcpErrorException">As for <see cref="Request"/>.</exception>
    public Task<Answer> Expect(RequestId id)
    {
        var source = pending.GetOrAdd(id, static _ => new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Ended.IsCompleted && EndReason is not null)
        {
            Fail(id, source);
        }

        return source.Task;
    }

    /// <summary>Tells the other side.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public Task Notify<TParams>(string method, TParams parameters, CancellationToken cancellationToken)
        where TParams : IAcpMessage<TParams> =>
        Send(Message(json => WriteRequest(json, null, method, parameters.Write)), null, null, cancellationToken);

    /// <summary>Ends the conversation; what is asked of the other side fails, what it asks is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 1)
        {
            return;
        }

        EndReason ??= "the connection was closed";
        await ending.CancelAsync().ConfigureAwait(false);
        await transport.DisposeAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
        await Task.WhenAll(answering.Keys).ConfigureAwait(false);
        ending.Dispose();
        sending.Dispose();
    }

    private async Task ReadAll()
    {
        try
        {
            while (await transport.Read(ending.Token).ConfigureAwait(false) is { } read)
            {
                var line = read with { Bytes = HalfPairs.Mended(read.Bytes) };
                handler.Line(line);
                Take(line);
            }

            EndReason ??= "the other side has closed the connection";
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            EndReason ??= "the connection was closed";
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException || (broken is InvalidOperationException && ending.IsCancellationRequested))
        {
            // The last one: a stream that was closed under the reading, by us.
            EndReason ??= broken.Message;
        }

        foreach (var (id, source) in pending)
        {
            Fail(id, source);
        }

        foreach (var request in incoming.Values)
        {
            await request.CancelAsync().ConfigureAwait(false);
        }
    }

    private void Fail(RequestId id, TaskCompletionSource<Answer> source)
    {
        pending.TryRemove(id, out _);
        source.TrySetException(new AcpErrorException(new AcpError(AcpError.Disconnected, EndReason ?? "the connection has ended")));
    }

    private void Take(AcpLine line)
    {
        if (NotificationHead.MethodOf(line.Bytes.Span) is { } told)
        {
            Notified(new AcpIncoming(told, line));
            return;
        }

        JsonElement json;
        try
        {
            json = JsonDocument.Parse(line.Bytes, Deep).RootElement;
        }
        catch (JsonException)
        {
            Junk(AcpError.ParseError, "the line is no JSON");
            return;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            Junk(AcpError.InvalidRequest, "the line is no JSON-RPC message");
            return;
        }

        var hasId = json.TryGetProperty("id", out var idJson);
        RequestId? id;
        try
        {
            id = hasId ? RequestId.Read(idJson) : null;
        }
        catch (AcpFormatException)
        {
            Junk(AcpError.InvalidRequest, "the id is no number, string or null");
            return;
        }

        if (json.TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String)
        {
            var message = new AcpIncoming(method.GetString()!, line, id, json.TryGetProperty("params", out var parameters) ? parameters : default);
            if (id is not null)
            {
                Begin(message);
            }
            else
            {
                Notified(message);
            }
        }
        else if (hasId && (json.TryGetProperty("result", out _) || json.TryGetProperty("error", out _)))
        {
            Answered(id!.Value, json, line);
        }
        else
        {
            Junk(AcpError.InvalidRequest, "the line is no JSON-RPC message");
        }
    }

    private void Answered(RequestId id, JsonElement json, AcpLine line)
    {
        if (!pending.TryRemove(id, out var source))
        {
            // Nobody waits for it any more, or nobody ever did: an answer is never answered.
            return;
        }

        var hasError = json.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null;
        var hasResult = json.TryGetProperty("result", out var result);
        if (hasError == hasResult && !(hasResult && result.ValueKind == JsonValueKind.Null))
        {
            source.TrySetException(new AcpErrorException(new AcpError(AcpError.InvalidRequest, "the answer has both a result and an error, or neither")));
        }
        else if (hasError)
        {
            source.TrySetException(new AcpErrorException(ErrorOf(error)));
        }
        else
        {
            source.TrySetResult(new Answer(result, line.Position, line.End));
        }
    }

    private static AcpError ErrorOf(JsonElement json)
    {
        try
        {
            return AcpError.Read(json);
        }
        catch (AcpFormatException)
        {
            return new AcpError(AcpError.InternalError, $"an error that is none: {json.GetRawText()}");
        }
    }

    private void Notified(AcpIncoming message)
    {
        try
        {
            if (message.Method == AcpMethods.CancelRequest)
            {
                if (message.Params.ValueKind == JsonValueKind.Object && message.Params.TryGetProperty("requestId", out var id) && incoming.TryGetValue(RequestId.Read(id), out var request))
                {
                    request.Cancel();
                }

                return;
            }

            handler.Notification(message);
        }
        catch (AcpFormatException)
        {
            Interlocked.Increment(ref junkLines);
        }
    }

    private void Begin(AcpIncoming request)
    {
        var cancel = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        incoming[request.Id!.Value] = cancel;
        Own(AnswerTo(request, cancel));
    }

    /// <summary>Waited for when the connection is disposed.</summary>
    private void Own(Task answer)
    {
        if (!answer.IsCompleted)
        {
            answering[answer] = true;
            _ = answer.ContinueWith(task => answering.TryRemove(task, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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
                await Send(Message(json => WriteAnswer(json, id, reply)), null, request.Position, ending.Token).ConfigureAwait(false);
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked is not there any more.
            EndReason ??= gone.Message;
        }
        finally
        {
            incoming.TryRemove(id, out _);
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

    private void Junk(int code, string message)
    {
        Interlocked.Increment(ref junkLines);
        if (answersJunk)
        {
            Own(AnswerJunk(code, message));
        }
    }

    private async Task AnswerJunk(int code, string message)
    {
        try
        {
            await Send(Message(json => WriteAnswer(json, RequestId.None, AcpReply.Error(code, message))), null, null, ending.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            EndReason ??= gone.Message;
        }
    }

    private async Task CancelRequest(RequestId id)
    {
        try
        {
            await Send(Message(json => WriteRequest(json, null, AcpMethods.CancelRequest, inner =>
            {
                inner.WriteStartObject();
                id.Write(inner, "requestId");
                inner.WriteEndObject();
            })), null, null, ending.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            EndReason ??= gone.Message;
        }
    }

    private async Task Send(ReadOnlyMemory<byte> line, RequestId? id, long? answers, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await transport.Send(new AcpOutgoing(line, id, answers), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            sending.Release();
        }
    }

    private static ReadOnlyMemory<byte> Message(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, Compact))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            write(json);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenMemory;
    }

    private static void WriteRequest(Utf8JsonWriter json, RequestId? id, string method, Action<Utf8JsonWriter> parameters)
    {
        id?.Write(json, "id");
        json.WriteString("method", method);
        json.WritePropertyName("params");
        parameters(json);
    }

    private static void WriteAnswer(Utf8JsonWriter json, RequestId id, AcpReply reply)
    {
        id.Write(json, "id");
        switch (reply)
        {
            case AcpReply.Result result:
                json.WritePropertyName("result");
                result.Write(json);
                break;
            case AcpReply.Failure failure:
                json.WritePropertyName("error");
                failure.Problem.Write(json);
                break;
        }
    }
}

/// <summary>A result, and where it stood.</summary>
/// <param name="Result">As it came.</param>
/// <param name="Position">Where its line begins.</param>
/// <param name="End">Where the next line begins.</param>
public readonly record struct Answer(JsonElement Result, long Position, long End);
