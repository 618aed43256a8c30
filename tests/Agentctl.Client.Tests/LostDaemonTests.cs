using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Client.Tests;

/// <summary>A daemon that dies, or closes the connection, between a request and its answer.</summary>
public sealed class LostDaemonTests : IDisposable
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

    private readonly string home = Directory.CreateTempSubdirectory("agentctl-client-").FullName;
    private readonly List<string> requests = [];

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Fact]
    public async Task Order_whose_answer_is_lost_is_not_sent_again()
    {
        using var daemon = Listen();
        var serving = Serve(daemon, [[NoContent, ""], [Empty]]);
        using var client = await Connect();

        var lost = await Assert.ThrowsAsync<DaemonLostException>(() => client.Send("codex/1", new SendOrder("hello"), CancellationToken.None));

        Assert.Contains("may have carried the order out", lost.Message, StringComparison.Ordinal);
        daemon.Dispose();
        await serving;
        Assert.Single(requests, static request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Question_whose_answer_is_lost_is_asked_again()
    {
        using var daemon = Listen();
        var serving = Serve(daemon, [[NoContent, ""], [Empty]]);
        using var client = await Connect();

        var reply = await client.Locks(CancellationToken.None);

        Assert.Equal(200, reply.Status);
        Assert.Equal(2, requests.Count(static request => request.StartsWith("GET /v1/locks", StringComparison.Ordinal)));
        daemon.Dispose();
        await serving;
    }

    /// <summary>The daemon closes what was idle for long: nothing was sent on it, so the order goes over a new connection.</summary>
    [Fact]
    public async Task Connection_that_was_closed_while_idle_costs_nothing()
    {
        using var daemon = Listen();
        var serving = Serve(daemon, [[NoContent], [Empty]]);
        using var client = await Connect();
        await Task.Delay(TimeSpan.FromMilliseconds(200));

        var reply = await client.Send("codex/1", new SendOrder("hello"), CancellationToken.None);

        Assert.Equal(200, reply.Status);
        daemon.Dispose();
        await serving;
        Assert.Single(requests, static request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    private async Task<DaemonClient> Connect() => Assert.IsType<ConnectOutcome.Up>(
        await DaemonConnection.TryConnect(new AgentEnvironment(home, new Dictionary<string, string> { ["AGENTCTL_HOME"] = home }), CancellationToken.None)).Client;

    private Socket Listen()
    {
        using var name = UnixSocketName.TryOpen(DaemonProtocol.SocketPath(home))!;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(name.EndPoint);
        socket.Listen();
        return socket;
    }

    /// <summary>One connection after the other, each with its answers; "" reads a request and hangs up.</summary>
    private async Task Serve(Socket daemon, string[][] connections)
    {
        try
        {
            foreach (var answers in connections)
            {
                using var client = await daemon.AcceptAsync();
                foreach (var answer in answers)
                {
                    requests.Add(await Request(client));
                    await client.SendAsync(Encoding.ASCII.GetBytes(answer));
                }
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // The same.
        }
    }

    private static async Task<string> Request(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var length = await client.ReceiveAsync(buffer);
            if (length == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        return text.ToString();
    }
}
