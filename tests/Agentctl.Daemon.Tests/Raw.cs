using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Daemon.Tests;

/// <summary>Bytes over the socket, as any program could send them.</summary>
internal static class Raw
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static async Task<Socket> Connect(TempHome home)
    {
        using var name = UnixSocketName.TryOpen(DaemonProtocol.SocketPath(home.AgentctlHome))!;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(name.EndPoint);
        return socket;
    }

    /// <summary>Sends a request and reads until the daemon hangs up.</summary>
    public static async Task<string> Request(TempHome home, string request)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var socket = await Connect(home);
        await socket.SendAsync(Encoding.UTF8.GetBytes(request), deadline.Token);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    /// <summary>Reads until something was seen.</summary>
    public static async Task<string> ReadUntil(Socket socket, string seen)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(seen, StringComparison.Ordinal))
        {
            var length = await socket.ReceiveAsync(buffer, deadline.Token);
            text.Append(length > 0 ? Encoding.UTF8.GetString(buffer, 0, length) : throw new EndOfStreamException($"before '{seen}': {text}"));
        }

        return text.ToString();
    }
}
