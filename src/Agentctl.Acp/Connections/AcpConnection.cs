using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>
/// One JSON-RPC conversation, either side of it. One loop reads; requests of both sides are in flight at once. Junk lines are counted
/// and dropped, unknown requests answered, unknown answers ignored. Thread-safe.
/// </summary>
public sealed class AcpConnection : IAsyncDisposable
{
    /// <summary>How long the other side may take to read that a request is cancelled: it may not read at all.</summary>
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(1);

    /// <summary>Agents nest schemas and tool input deeply.</summary>
    public static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    private readonly IAcpTransport transport;
    private readonly IAcpHandler handler;
    private readonly bool answersJunk;
    private readonly PendingRequests pending = new();
    private readonly IncomingRequests incoming;
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly CancellationTokenSource ending = new();
    private readonly string? idPrefix;
    private long nextId = -1;
    private long junkLines;
    private int isDisposed;
    private volatile bool isOver;

    private AcpConnection(IAcpTransport transport, IAcpHandler handler, bool answersJunk, string? idPrefix)
    {
        this.transport = transport;
        this.handler = handler;
        this.answersJunk = answersJunk;
        this.idPrefix = idPrefix;
        incoming = new IncomingRequests(handler, (line, position) => Answer(line, position), ending.Token);
        Ended = Task.CompletedTask;
    }

    /// <summary>Ends when the other side has gone, or the connection is disposed; never fails.</summary>
    public Task Ended { get; private set; }

    /// <summary>Why it ended, once it has: the first cause.</summary>
    public string? EndReason { get; private set; }

    /// <summary>Nothing more is read. True before anybody hears that a request failed for it, which <see cref="Ended"/> is not.</summary>
    public bool IsOver => isOver;

    /// <summary>Lines that were no messages.</summary>
    public long JunkLines => Interlocked.Read(ref junkLines);

    /// <summary>The beginning of the first line that was no message, printable; null when all were.</summary>
    public string? FirstJunk { get; private set; }

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
            await Send(OutgoingMessage.Request(used, method, parameters.Write), used, null, cancellationToken).ConfigureAwait(false);
            return T.Read((await answer.WaitAsync(cancellationToken).ConfigureAwait(false)).Result);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            pending.Take(used);
            await CancelRequest(used).ConfigureAwait(false);
            throw;
        }
        catch (IOException gone)
        {
            pending.Take(used);
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
            await Send(OutgoingMessage.Request(id, method, parameters.Write), id, null, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException gone)
        {
            throw new AcpErrorException(new AcpError(AcpError.Disconnected, EndReason ?? gone.Message));
        }
    }

    /// <summary>The answer to a request that somebody sent before, by its id.</summary>
    /// <exception cref="AcpErrorException">As for <see cref="Request"/>.</exception>
    public Task<Answer> Expect(RequestId id) => pending.Add(id);

    /// <summary>Tells the other side.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public Task Notify<TParams>(string method, TParams parameters, CancellationToken cancellationToken)
        where TParams : IAcpMessage<TParams> =>
        Send(OutgoingMessage.Request(null, method, parameters.Write), null, null, cancellationToken);

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
        await incoming.Finished().ConfigureAwait(false);
        ending.Dispose();
        sending.Dispose();
    }

    private async Task ReadAll()
    {
        var reason = "the other side has closed the connection";
        try
        {
            while (await transport.Read(ending.Token).ConfigureAwait(false) is { } line)
            {
                if (Handled(line with { Bytes = WireText.Repaired(line.Bytes) }) is { } failure)
                {
                    reason = $"a message could not be handled: {failure.Message}";
                    break;
                }
            }
        }
        catch (Exception) when (ending.IsCancellationRequested)
        {
            reason = "the connection was closed";
        }
        catch (Exception broken)
        {
            reason = broken.Message;
        }
        finally
        {
            // Whatever ended the reading, nobody may wait for an answer that nobody reads.
            EndReason ??= reason;
            isOver = true;
            pending.End(EndReason);
            await incoming.CancelAll().ConfigureAwait(false);
        }
    }

    /// <summary>What the handler failed with, which has nothing to do with the state of the other side.</summary>
    private Exception? Handled(AcpLine line)
    {
        try
        {
            handler.Line(line);
            Take(line);
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
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
            if (MessageLine.LengthOfFirst(line.Bytes.Span) is > 0 and var length)
            {
                TakeGlued(line, length);
                return;
            }

            Junk(line, AcpError.ParseError, "the line is no JSON");
            return;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            Junk(line, AcpError.InvalidRequest, "the line is no JSON-RPC message");
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
            Junk(line, AcpError.InvalidRequest, "the id is no number, string or null");
            return;
        }

        if (json.TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String)
        {
            var message = new AcpIncoming(method.GetString()!, line, id, json.TryGetProperty("params", out var parameters) ? parameters : default);
            if (id is not null)
            {
                incoming.Begin(message);
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
            Junk(line, AcpError.InvalidRequest, "the line is no JSON-RPC message");
        }
    }

    /// <summary>A message with something behind it on the same line. Each has a position of its own, as if it had a line of its own.</summary>
    private void TakeGlued(AcpLine line, int length)
    {
        var at = 0;
        while (length > 0 && at + length < line.Bytes.Length)
        {
            Take(line with { Bytes = line.Bytes.Slice(at, length), Position = Position(at) });
            at += length;
            length = MessageLine.LengthOfFirst(line.Bytes.Span[at..]);
        }

        Take(line with { Bytes = line.Bytes[at..], Position = Position(at) });

        // Repaired text can be longer than the line was.
        long Position(int offset) => Math.Min(line.Position + offset, line.End - 1);
    }

    private void Answered(RequestId id, JsonElement json, AcpLine line)
    {
        if (pending.Take(id) is not { } source)
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
                if (message.Params.ValueKind == JsonValueKind.Object && message.Params.TryGetProperty("requestId", out var id))
                {
                    incoming.Cancel(RequestId.Read(id));
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

    private void Junk(AcpLine line, int code, string message)
    {
        Interlocked.Increment(ref junkLines);
        FirstJunk ??= WireText.Beginning(line.Bytes.Span);
        if (answersJunk)
        {
            incoming.Own(Answer(OutgoingMessage.Answer(RequestId.None, AcpReply.Error(code, message)), null));
        }
    }

    /// <summary>Whoever asked may not be there any more.</summary>
    private async Task Answer(ReadOnlyMemory<byte> line, long? answers)
    {
        try
        {
            await Send(line, null, answers, ending.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            EndReason ??= gone.Message;
        }
    }

    private async Task CancelRequest(RequestId id)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        limit.CancelAfter(CancelPatience);
        try
        {
            await Send(OutgoingMessage.CancelRequest(id), null, null, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            // It does not read; its answer is ignored in any case.
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
}

/// <summary>A result, and where it stood.</summary>
/// <param name="Result">As it came.</param>
/// <param name="Position">Where its line begins.</param>
/// <param name="End">Where the next line begins.</param>
public readonly record struct Answer(JsonElement Result, long Position, long End);
