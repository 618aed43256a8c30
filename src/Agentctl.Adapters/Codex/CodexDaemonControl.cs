using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// A conversation with Codex's own daemon: JSON-RPC without its version field, in the text frames of a WebSocket over a Unix socket
/// (tried with 0.169; docs/adapters/codex.md). One connection for one question.
/// </summary>
internal sealed class CodexDaemonControl : IAsyncDisposable
{
    private const int HeaderLimitBytes = 16 << 10;
    private const int MessageLimitBytes = 64 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebSocket socket;
    private int lastId;

    private CodexDaemonControl(WebSocket socket) => this.socket = socket;

    /// <exception cref="CannotLookException">No daemon answers there.</exception>
    public static async Task<CodexDaemonControl> Connect(CodexPlaces places, CancellationToken cancellationToken)
    {
        // A link to where the socket really is: below the temporary directory, for its path must be short.
        var path = new FileInfo(places.ControlSocket).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? places.ControlSocket;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        using var name = UnixSocketName.TryOpen(path) ?? throw new CannotLookException($"Codex's daemon has no socket at {places.Shown(places.ControlSocket)}");
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(name.EndPoint, deadline.Token).ConfigureAwait(false);
            if (Peer.CredentialsOf(connection).Uid != ProcessTable.Take().UserId)
            {
                throw new CannotLookException($"what listens at {places.Shown(path)} belongs to another user; it was not asked");
            }

            await Upgrade(connection, deadline.Token).ConfigureAwait(false);
            var control = new CodexDaemonControl(WebSocket.CreateFromStream(
                new NetworkStream(connection, ownsSocket: true), new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero }));
            await control.Greet(deadline.Token).ConfigureAwait(false);
            return control;
        }
        catch (Exception failure) when (failure is SocketException or WebSocketException or IOException)
        {
            connection.Dispose();
            throw new CannotLookException($"Codex's daemon does not answer at {places.Shown(path)}: {failure.Message}", failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            connection.Dispose();
            throw new CannotLookException($"Codex's daemon did not answer within {Patience.TotalSeconds:0} s");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Interrupts the turn in progress, and looks whether it is.</summary>
    public async Task<OwnerAnswer> Interrupt(string threadId, CancellationToken cancellationToken)
    {
        var turnId = await ActiveTurn(threadId, cancellationToken).ConfigureAwait(false);
        if (turnId is null)
        {
            return new OwnerAnswer(true, "thread/read", "no turn is in progress; Codex's daemon unloads the thread by itself about a minute after its last client has left");
        }

        await Ask("turn/interrupt", json =>
        {
            json.WriteString("threadId"u8, threadId);
            json.WriteString("turnId"u8, turnId);
        }, cancellationToken).ConfigureAwait(false);
        var still = await ActiveTurn(threadId, cancellationToken).ConfigureAwait(false) == turnId;
        return new OwnerAnswer(!still, $"turn/interrupt {turnId}", still ? "the turn is still in progress" : "the turn is interrupted; Codex's daemon keeps the thread loaded");
    }

    /// <summary>Begins another turn.</summary>
    public async Task<OwnerAnswer> StartTurn(string threadId, string text, CancellationToken cancellationToken)
    {
        await Ask("turn/start", json =>
        {
            json.WriteString("threadId"u8, threadId);
            json.WriteStartArray("input"u8);
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, text);
            json.WriteEndObject();
            json.WriteEndArray();
        }, cancellationToken).ConfigureAwait(false);
        return new OwnerAnswer(true, "turn/start", "Codex's daemon has begun a turn with it");
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, soon.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // It does not matter how a finished conversation ends.
            _ = gone;
        }

        socket.Dispose();
    }

    // {"thread":{"id":"01a1…","turns":[{"id":"01a1…","status":"inProgress"},…],…}}
    private async Task<string?> ActiveTurn(string threadId, CancellationToken cancellationToken)
    {
        var answer = await Ask("thread/read", json =>
        {
            json.WriteString("threadId"u8, threadId);
            json.WriteBoolean("includeTurns"u8, true);
        }, cancellationToken).ConfigureAwait(false);
        // Only the newest turn counts: a killed process leaves older ones in progress for ever.
        return answer.Member("result")?.Member("thread") is { } thread && thread.Member("status")?.Text("type") == "active"
            && thread.Items("turns").LastOrDefault() is { ValueKind: JsonValueKind.Object } newest && newest.Text("status") == "inProgress"
                ? newest.Text("id")
                : null;
    }

    private async Task Greet(CancellationToken cancellationToken)
    {
        await Ask("initialize", json =>
        {
            json.WriteStartObject("clientInfo"u8);
            json.WriteString("name"u8, "agentctl"u8);
            json.WriteString("title"u8, "agentctl"u8);
            json.WriteString("version"u8, BuildStamp.Version);
            json.WriteEndObject();
        }, cancellationToken).ConfigureAwait(false);
        await Send(json => json.WriteString("method"u8, "initialized"u8), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The answer; what comes in between is told to others.</summary>
    /// <exception cref="CannotLookException">It is an error, or none came.</exception>
    private async Task<JsonElement> Ask(string method, Action<Utf8JsonWriter> parameters, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        var id = ++lastId;
        try
        {
            await Send(json =>
            {
                json.WriteNumber("id"u8, id);
                json.WriteString("method"u8, method);
                json.WriteStartObject("params"u8);
                parameters(json);
                json.WriteEndObject();
            }, deadline.Token).ConfigureAwait(false);
            while (true)
            {
                var message = await Receive(deadline.Token).ConfigureAwait(false);
                if (message.Whole("id") == id && message.Member("method") is null)
                {
                    return message.Member("error") is { } error
                        ? throw new CannotLookException($"Codex's daemon refuses {method}: {error.Text("message") ?? "no reason given"}")
                        : message;
                }
            }
        }
        catch (Exception failure) when (failure is WebSocketException or IOException)
        {
            throw new CannotLookException($"Codex's daemon went away at {method}: {failure.Message}", failure);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CannotLookException($"Codex's daemon did not answer {method} within {Patience.TotalSeconds:0} s");
        }
    }

    private async Task Send(Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        await socket.SendAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JsonElement> Receive(CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        var piece = new byte[16 << 10];
        while (true)
        {
            var received = await socket.ReceiveAsync(piece.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new IOException("it closed the connection");
            }

            whole.Write(piece, 0, received.Count);
            if (whole.Length > MessageLimitBytes)
            {
                throw new IOException("a message of it is too large");
            }

            if (received.EndOfMessage)
            {
                return ForeignJson.TryParse(whole.ToArray(), out var message, out var damage) ? message : throw new IOException($"its message cannot be read: {damage.What}");
            }
        }
    }

    /// <summary>RFC 6455 section 4, and not one byte further than its answer.</summary>
    private static async Task Upgrade(Socket connection, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var request = Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n");
        for (var sent = 0; sent < request.Length;)
        {
            sent += await connection.SendAsync(request.AsMemory(sent), cancellationToken).ConfigureAwait(false);
        }

        var header = new byte[HeaderLimitBytes];
        var length = 0;
        while (length < header.Length && header.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            // Byte by byte at its end only: the first frame may already be behind it.
            var seen = await connection.ReceiveAsync(header.AsMemory(length), SocketFlags.Peek, cancellationToken).ConfigureAwait(false);
            var end = header.AsSpan(0, length + seen).IndexOf("\r\n\r\n"u8);
            var take = seen == 0 ? throw new IOException("it closed the connection at the handshake") : end < 0 ? seen : end + 4 - length;
            length += await connection.ReceiveAsync(header.AsMemory(length, take), SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }

        if (!header.AsSpan().StartsWith("HTTP/1.1 101"u8))
        {
            throw new IOException("it does not take WebSockets");
        }
    }
}
