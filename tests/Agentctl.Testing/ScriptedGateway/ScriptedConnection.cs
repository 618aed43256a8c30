using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Agentctl.Testing;

/// <summary>One client of a <see cref="ScriptedGateway"/>: the wire. What is answered is in <see cref="ScriptedAnswers"/>.</summary>
internal sealed class ScriptedConnection(ScriptedGateway gateway, Socket socket) : IDisposable
{
    public const string Nonce = "bf312943-db1c-40e0-a2ee-b22abd5170a9";
    public const long ChallengeTime = 1_795_225_164_427;

    private readonly SemaphoreSlim sending = new(1, 1);
    private WebSocket? web;
    private long sequence;

    public bool IsSubscribed { get; set; }

    public async Task Run(CancellationToken cancellationToken)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await Serve(stream, cancellationToken);
        }
        catch (Exception left) when (left is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The client left, or we broke the connection on purpose.
        }
        finally
        {
            web?.Dispose();
        }
    }

    public void Break() => socket.Dispose();

    public void Dispose()
    {
        socket.Dispose();
        sending.Dispose();
    }

    public async Task SendEvent(string name, string payload, int lost)
    {
        sequence += lost + 1;
        try
        {
            await Send($$"""{"type":"event","event":"{{name}}","payload":{{payload}},"seq":{{sequence}}}""", CancellationToken.None);
        }
        catch (Exception left) when (left is IOException or WebSocketException or ObjectDisposedException)
        {
            // It will resync when it is back.
        }
    }

    private async Task Serve(NetworkStream stream, CancellationToken cancellationToken)
    {
        var fault = gateway.Script.Fault;
        switch (fault)
        {
            case GatewayFault.HangAfterAccept:
                await Hang(stream, cancellationToken);
                return;
            case GatewayFault.CloseAfterAccept:
                return;
            case GatewayFault.NotHttp:
                await stream.WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(), cancellationToken);
                await Hang(stream, cancellationToken);
                return;
        }

        var key = await ReadKey(stream, cancellationToken);
        if (fault is GatewayFault.NotFound or GatewayFault.Draining)
        {
            var status = fault == GatewayFault.NotFound ? "404 Not Found" : "503 Service Unavailable";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"), cancellationToken);
            return;
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {Accept(key)}\r\n\r\n"), cancellationToken);
        switch (fault)
        {
            case GatewayFault.HangAfterUpgrade:
                await Hang(stream, cancellationToken);
                return;
            case GatewayFault.GarbageFrame:
                await stream.WriteAsync(Enumerable.Repeat((byte)0xFF, 32).ToArray(), cancellationToken);
                await Hang(stream, cancellationToken);
                return;
        }

        web = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        await Greet(fault, stream, cancellationToken);
    }

    private async Task Greet(GatewayFault fault, NetworkStream stream, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case GatewayFault.CloseAfterUpgrade:
                await web!.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "service restart", cancellationToken);
                return;
            case GatewayFault.GarbageText:
                await Send("hello there, I am no gateway", cancellationToken);
                await Hang(stream, cancellationToken);
                return;
            case GatewayFault.BinaryFrame:
                await web!.SendAsync(new byte[] { 1, 2, 3 }, WebSocketMessageType.Binary, true, cancellationToken);
                await Hang(stream, cancellationToken);
                return;
            case GatewayFault.EndlessFrame:
                while (true)
                {
                    await web!.SendAsync(new byte[1 << 20], WebSocketMessageType.Text, endOfMessage: false, cancellationToken);
                }

            case GatewayFault.ChallengeWithoutNonce:
                await Send("""{"type":"event","event":"connect.challenge","payload":{"ts":1}}""", cancellationToken);
                await Hang(stream, cancellationToken);
                return;
        }

        await Send($$$"""{"type":"event","event":"connect.challenge","payload":{"nonce":"{{{Nonce}}}","ts":{{{ChallengeTime}}},"capabilities":["model-catalog-snapshot"]}}""", cancellationToken);
        if (fault == GatewayFault.CloseAfterChallenge)
        {
            await web!.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "service restart", cancellationToken);
            return;
        }

        await Listen(cancellationToken);
    }

    private async Task Listen(CancellationToken cancellationToken)
    {
        var answers = new ScriptedAnswers(gateway, this);
        var buffer = new byte[64 << 10];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await web!.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                length += part.Count;
            }
            while (!part.EndOfMessage);

            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            var text = Encoding.UTF8.GetString(buffer, 0, length);
            var request = JsonNode.Parse(text)!.AsObject();
            gateway.Note((string)request["method"]!, text);
            if (answers.To(request) is { } answer)
            {
                await Send(answer.Frame.ToJsonString(), cancellationToken);
                if (answer.Close is { } status)
                {
                    await web.CloseOutputAsync(status, "refused", cancellationToken);
                    return;
                }
            }
            else if (gateway.Script.Fault == GatewayFault.CloseOnList)
            {
                return;
            }
        }
    }

    private async Task Send(string text, CancellationToken cancellationToken)
    {
        await sending.WaitAsync(cancellationToken);
        try
        {
            await web!.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, cancellationToken);
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Until the client closes.</summary>
    private static async Task Hang(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, cancellationToken) > 0)
        {
            // Whatever it says, it gets no answer.
        }
    }

    private static async Task<string> ReadKey(NetworkStream stream, CancellationToken cancellationToken)
    {
        var request = new StringBuilder();
        var one = new byte[1];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            request.Append((char)one[0]);
        }

        const string Header = "Sec-WebSocket-Key: ";
        return request.ToString().Split("\r\n").First(line => line.StartsWith(Header, StringComparison.OrdinalIgnoreCase))[Header.Length..];
    }

#pragma warning disable CA5350 // RFC 6455 says SHA-1
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
