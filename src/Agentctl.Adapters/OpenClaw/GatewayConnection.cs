using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Takes one event of the gateway, on the receiving thread; the payload lives only as long as the call.</summary>
internal delegate void GatewayEventHandler(string name, long? sequence, JsonElement payload);

/// <summary>
/// One WebSocket to the gateway: calls out, answers and events in. The first cause of its end is kept, and every call that
/// is open or comes later fails with it.
/// </summary>
internal sealed class GatewayConnection : IAsyncDisposable
{
    /// <summary>The gateway's own limit is 25 MB a frame; what is larger is not read.</summary>
    private const int FrameLimitBytes = 32 << 20;

    /// <summary>
    /// Nearly every frame fits. A larger one, as a list of hundreds of sessions is, gets memory of its own that goes with what was read
    /// from it: a pool would keep a megabyte for every thread that ever received one.
    /// </summary>
    private const int BufferBytes = 64 << 10;

    private static readonly TimeSpan ClosingTime = TimeSpan.FromMilliseconds(250);

    private readonly WebSocket socket;
    private readonly GatewayAddress address;
    private readonly string? secret;
    private readonly GatewayDeadlines deadlines;
    private readonly TimeProvider time;
    private readonly GatewayEventHandler? onEvent;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> open = new();
    private readonly TaskCompletionSource<GatewayChallenge> challenge = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim sending = new(1, 1);
    private readonly CancellationTokenSource ending = new();
    private readonly Task receiving;
    private GatewayFailure? failure;
    private long lastId;
    private long lastHeard;

    private GatewayConnection(WebSocket socket, GatewayPlace place, GatewayDeadlines deadlines, TimeProvider time, GatewayEventHandler? onEvent)
    {
        this.socket = socket;
        address = place.Address;
        secret = place.Token;
        this.deadlines = deadlines;
        this.time = time;
        this.onEvent = onEvent;
        lastHeard = time.GetTimestamp();
        receiving = Receive();
    }

    /// <summary>Connects and waits for the challenge; <see cref="GatewayHandshake"/> does the rest.</summary>
    public static async Task<GatewayConnection> Open(
        GatewayPlace place, GatewayDeadlines deadlines, TimeProvider time, GatewayEventHandler? onEvent, CancellationToken cancellationToken) =>
        new(await GatewaySocket.Open(place.Address, deadlines, time, cancellationToken), place, deadlines, time, onEvent);

    /// <summary>Completes when the connection has ended, for whatever reason; never faults.</summary>
    public Task Ended => receiving;

    /// <summary>Why it ended.</summary>
    public GatewayFailure? Failure => Volatile.Read(ref failure);

    /// <summary>How long nothing at all was heard.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref lastHeard));

    public Task<GatewayChallenge> Challenge(CancellationToken cancellationToken) => Deadline.Within(
        deadlines.Challenge,
        time,
        challenge.Task.WaitAsync,
        () => new GatewayFailure(
            GatewayFailureKind.Silent,
            $"{GatewaySocket.Named(address)} accepted the WebSocket and sent no challenge within {Deadline.Text(deadlines.Challenge)}; it may hang, or be something else: look at `openclaw gateway status`"),
        cancellationToken);

    /// <summary>Calls a method; the answer's payload is returned, an error answer is thrown.</summary>
    public async Task<JsonElement> Call(string method, Action<Utf8JsonWriter> parameters, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref lastId).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        open[id] = answer;
        try
        {
            if (Failure is { } ended)
            {
                throw ended;
            }

            return await Deadline.Within(
                deadline,
                time,
                async token =>
                {
                    await Send(Request(id, method, parameters), token);
                    return await answer.Task.WaitAsync(token);
                },
                () => new GatewayFailure(GatewayFailureKind.Silent, $"{GatewaySocket.Named(address)} did not answer {method} within {Deadline.Text(deadline)}; it may be busy or hang: try again, or look at `openclaw gateway status`"),
                cancellationToken);
        }
        finally
        {
            open.TryRemove(id, out _);
        }
    }

    public Task<JsonElement> Call(string method, Action<Utf8JsonWriter> parameters, CancellationToken cancellationToken) =>
        Call(method, parameters, deadlines.Call, cancellationToken);

    /// <summary>Ends the connection with a cause of ours.</summary>
    public void Fail(GatewayFailure cause)
    {
        End(cause);
        ending.Cancel();
    }

    private static ArrayBufferWriter<byte> Request(string id, string method, Action<Utf8JsonWriter> parameters)
    {
        var frame = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(frame);
        json.WriteStartObject();
        json.WriteString("type"u8, "req"u8);
        json.WriteString("id"u8, id);
        json.WriteString("method"u8, method);
        json.WriteStartObject("params"u8);
        parameters(json);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return frame;
    }

    private async Task Send(ArrayBufferWriter<byte> frame, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(frame.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            throw Failure ?? Closed(broken);
        }
        finally
        {
            sending.Release();
        }
    }

    private async Task Receive()
    {
        var usual = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var frame = await ReceiveFrame();
                Volatile.Write(ref lastHeard, time.GetTimestamp());
                Take(frame, isItsOwn: frame.Length > BufferBytes);
            }
        }
        catch (GatewayFailure told)
        {
            End(told);
        }
        catch (OperationCanceledException)
        {
            End(new GatewayFailure(GatewayFailureKind.Ended, $"the connection to {GatewaySocket.Named(address)} was ended by agentctl"));
        }
        catch (WebSocketException broken) when (broken.WebSocketErrorCode is not WebSocketError.ConnectionClosedPrematurely && broken.InnerException is null)
        {
            End(Garbage("a frame that breaks the WebSocket protocol", broken));
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or ObjectDisposedException)
        {
            End(Closed(broken));
        }

        async Task<ReadOnlyMemory<byte>> ReceiveFrame()
        {
            var buffer = usual;
            var length = 0;
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length >= FrameLimitBytes)
                    {
                        throw new GatewayFailure(GatewayFailureKind.Oversized, $"{GatewaySocket.Named(address)} sent a frame of more than {FrameLimitBytes >> 20} MB, which is not read; is this an OpenClaw gateway?");
                    }

                    var larger = new byte[buffer.Length * 2];
                    buffer.CopyTo(larger, 0);
                    buffer = larger;
                }

                var part = await socket.ReceiveAsync(buffer.AsMemory(length), ending.Token);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    throw Closed(null);
                }

                length += part.Count;
                if (part.EndOfMessage)
                {
                    return part.MessageType == WebSocketMessageType.Text ? buffer.AsMemory(0, length) : throw Garbage("a binary frame", null);
                }
            }
        }
    }

    // {"type":"res","id":"2","ok":true,"payload":{…}} · {"type":"event","event":"tick","payload":{"ts":1795225175747},"seq":55}
    private void Take(ReadOnlyMemory<byte> frame, bool isItsOwn)
    {
        var document = ForeignJson.TryOpen(ForeignJson.Clean(frame), out _) ?? throw Garbage("a text that is not JSON", null);
        if (isItsOwn)
        {
            // Left to the collector with its frame: who asked reads from it, and no copy is made.
            Take(document.RootElement, isItsOwn);
            return;
        }

        using (document)
        {
            Take(document.RootElement, isItsOwn);
        }
    }

    private void Take(JsonElement root, bool isItsOwn)
    {
        switch (root.Text("type"))
        {
            case "res" when root.Text("id") is { } id:
                if (open.TryGetValue(id, out var answer))
                {
                    Answer(answer, root, isItsOwn);
                }

                return;
            case "event" when root.Text("event") is { } name:
                var payload = root.Member("payload") ?? default;
                if (name == "connect.challenge")
                {
                    TakeChallenge(payload);
                }
                else
                {
                    onEvent?.Invoke(name, root.Whole("seq"), payload);
                }

                return;
            case { }:
                return; // a frame type of a later version
            default:
                throw Garbage("a message without a type", null);
        }
    }

    private void TakeChallenge(JsonElement payload)
    {
        if (payload.Text("nonce") is { } nonce && payload.Whole("ts") is >= 0 and var sentAt)
        {
            challenge.TrySetResult(new GatewayChallenge(nonce, sentAt));
            return;
        }

        throw Garbage("a challenge without nonce or time", null);
    }

    private void Answer(TaskCompletionSource<JsonElement> answer, JsonElement root, bool isItsOwn)
    {
        if (root.Flag("ok") is true)
        {
            var payload = root.Member("payload") ?? default;
            answer.TrySetResult(isItsOwn || payload.ValueKind == JsonValueKind.Undefined ? payload : payload.Clone());
            return;
        }

        answer.TrySetException(GatewayErrors.From(root.Member("error") ?? default, address, secret));
    }

    private GatewayFailure Garbage(string what, Exception? cause) => new(
        GatewayFailureKind.Garbage,
        $"{GatewaySocket.Named(address)} sent {what}; is this an OpenClaw gateway of protocol 4? `openclaw gateway status` shows its port and version",
        cause);

    private GatewayFailure Closed(Exception? cause)
    {
        var code = socket.CloseStatus is { } status ? $" ({(int)status}: {GatewayText.Clean(socket.CloseStatusDescription, secret)})" : "";
        return new GatewayFailure(
            GatewayFailureKind.ClosedEarly,
            $"{GatewaySocket.Named(address)} closed the connection before it had answered{code}; it may be stopping or restarting: try again, or look at `openclaw gateway status`",
            cause);
    }

    private void End(GatewayFailure cause)
    {
        var first = Interlocked.CompareExchange(ref failure, cause, null) ?? cause;
        challenge.TrySetException(first);
        foreach (var answer in open.Values)
        {
            answer.TrySetException(first);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Failure is null && socket.State == WebSocketState.Open)
        {
            using var late = new CancellationTokenSource(ClosingTime);
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, late.Token);
            }
            catch (Exception broken) when (broken is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The goodbye is a courtesy; the socket is closed below in any case.
            }
        }

        await ending.CancelAsync();
        await receiving;
        socket.Dispose();
        ending.Dispose();
        sending.Dispose();
    }
}

/// <summary>The gateway's opening event: <c>{"nonce":"bf312943-…","ts":1795225164427}</c>.</summary>
internal readonly record struct GatewayChallenge(string Nonce, long SentAtMilliseconds);
