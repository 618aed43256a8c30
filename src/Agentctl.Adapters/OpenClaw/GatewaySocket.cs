using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// Opens a WebSocket over a plain socket with a handshake of our own (RFC 6455 section 4): the HTTP client of the platform would
/// cost a small executable megabytes for forty bytes of header.
/// </summary>
internal static class GatewaySocket
{
    private const int HeaderLimitBytes = 16 << 10;

    public static async Task<WebSocket> Open(GatewayAddress address, GatewayDeadlines deadlines, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await Deadline.Within(deadlines.Connect, time, token => Connect(socket, address, token), () => new GatewayFailure(
                GatewayFailureKind.Unreachable,
                $"{Named(address)} did not take a connection within {Deadline.Text(deadlines.Connect)}; check the address, or the tunnel to it"), cancellationToken);
            await Deadline.Within(deadlines.Upgrade, time, token => Upgrade(socket, address, token), () => new GatewayFailure(
                GatewayFailureKind.Silent,
                $"{Named(address)} accepted the connection and then said nothing for {Deadline.Text(deadlines.Upgrade)}; it may hang: look at `openclaw gateway status`, and restart it if it does"), cancellationToken);
            return WebSocket.CreateFromStream(new NetworkStream(socket, ownsSocket: true), new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static string Named(GatewayAddress address) => $"the OpenClaw gateway at {address}";

    private static async Task Connect(Socket socket, GatewayAddress address, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken);
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            throw new GatewayFailure(GatewayFailureKind.Refused, $"nothing listens at {address}", refused);
        }
        catch (SocketException failed)
        {
            throw new GatewayFailure(GatewayFailureKind.Unreachable, $"{Named(address)} cannot be reached ({failed.SocketErrorCode}); check the address, or the tunnel to it", failed);
        }
    }

    private static async Task Upgrade(Socket socket, GatewayAddress address, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var request = Encoding.ASCII.GetBytes(
            $"GET {address.Path} HTTP/1.1\r\nHost: {address.HostAndPort}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n");
        try
        {
            for (var sent = 0; sent < request.Length;)
            {
                sent += await socket.SendAsync(request.AsMemory(sent), cancellationToken);
            }

            var header = await ReadHeader(socket, address, cancellationToken);
            // Sec-WebSocket-Accept guards against caches between the two; there is none on this way, so it is not computed.
            var status = header.AsSpan(0, Math.Max(0, header.IndexOf('\r')));
            if (status.StartsWith("HTTP/1.1 503", StringComparison.Ordinal))
            {
                // So a gateway answers from SIGTERM until its runs have finished, which may take minutes.
                throw new GatewayFailure(
                    GatewayFailureKind.ClosedEarly,
                    $"{Named(address)} takes no connections now (503): it is stopping or restarting, and lets its runs finish first; try again, or look at `openclaw gateway status`");
            }

            if (!status.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            {
                throw new GatewayFailure(
                    GatewayFailureKind.NotAGateway,
                    $"what listens at {address} is no OpenClaw gateway: it answered \"{GatewayText.Clean(status.ToString())}\"; check the port (`openclaw gateway status` shows it)");
            }
        }
        catch (SocketException failed)
        {
            throw Closed(address, failed);
        }
    }

    /// <summary>Reads up to the empty line and not one byte further: the first frame may already be behind it.</summary>
    private static async Task<string> ReadHeader(Socket socket, GatewayAddress address, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderLimitBytes];
        var length = 0;
        while (length < header.Length)
        {
            var seen = await socket.ReceiveAsync(header.AsMemory(length), SocketFlags.Peek, cancellationToken);
            if (seen == 0)
            {
                throw Closed(address, null);
            }

            var end = header.AsSpan(0, length + seen).IndexOf("\r\n\r\n"u8);
            var take = end < 0 ? seen : end + 4 - length;
            length += await socket.ReceiveAsync(header.AsMemory(length, take), SocketFlags.None, cancellationToken);
            if (end >= 0 && length == end + 4)
            {
                return Encoding.Latin1.GetString(header, 0, length);
            }

            if (!header.AsSpan(0, Math.Min(length, 5)).SequenceEqual("HTTP/"u8[..Math.Min(length, 5)]))
            {
                throw new GatewayFailure(GatewayFailureKind.NotAGateway, $"what listens at {address} is no OpenClaw gateway: it does not speak HTTP; check the port (`openclaw gateway status` shows it)");
            }
        }

        throw new GatewayFailure(GatewayFailureKind.NotAGateway, $"what listens at {address} is no OpenClaw gateway: its HTTP header has no end; check the port (`openclaw gateway status` shows it)");
    }

    private static GatewayFailure Closed(GatewayAddress address, Exception? cause) => new(
        GatewayFailureKind.ClosedEarly,
        $"{Named(address)} closed the connection before the handshake; it may be stopping: try again, or look at `openclaw gateway status`",
        cause);
}
