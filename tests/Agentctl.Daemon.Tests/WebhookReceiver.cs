using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Agentctl.Daemon.Tests;

/// <summary>A webhook's receiver on the loopback that answers with the bytes a test chooses, or with none.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<Socket, CancellationToken, Task> answer;
    private readonly ConcurrentQueue<string> requests = new();
    private readonly Task accepting;

    private WebhookReceiver(Func<Socket, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        accepting = Accept();
    }

    public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/expired";

    /// <summary>Each request as it came: request line, headers, body.</summary>
    public IReadOnlyList<string> Requests => [.. requests];

    public static WebhookReceiver Answering(string response) => new(async (client, token) => await client.SendAsync(Encoding.UTF8.GetBytes(response), token));

    /// <summary>Takes the request and never answers.</summary>
    public static WebhookReceiver Hanging() => new(static (_, token) => Task.Delay(Timeout.Infinite, token));

    /// <summary>Answers with a head, and a body that never ends.</summary>
    public static WebhookReceiver Endless() => new(static async (client, token) =>
    {
        await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"u8.ToArray(), token);
        var block = new byte[64 * 1024];
        while (true)
        {
            await client.SendAsync(block, token);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task Accept()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(Serve(await listener.AcceptSocketAsync(stopping.Token)));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task Serve(Socket client)
    {
        using var ours = client;
        try
        {
            requests.Enqueue(await ReadRequest(client));
            await answer(client, stopping.Token);
        }
        catch (Exception left) when (left is SocketException or OperationCanceledException)
        {
            // The sender hung up, or the test is over.
        }
    }

    private async Task<string> ReadRequest(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("deliveryId", StringComparison.Ordinal))
        {
            var length = await client.ReceiveAsync(buffer, stopping.Token);
            if (length == 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        return text.ToString();
    }
}
