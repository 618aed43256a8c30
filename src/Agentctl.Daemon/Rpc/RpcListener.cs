using System.Net.Sockets;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>
/// The Node tool's socket: one JSON object a line, any number of requests on a connection, answers as they are ready
/// (docs/specs/old-socket.md). A thin front: what a request means is <see cref="RpcMethods"/>'.
/// </summary>
internal sealed partial class RpcListener : IAsyncDisposable
{
    private const int LongestLineBytes = 64 << 20;
    private const int RoomyBytes = 64 * 1024;
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(200);

    private readonly PublishedSocket socket;
    private readonly RpcMethods methods;
    private readonly Action worked;
    private readonly ILogger log;
    private readonly uint own = ProcessTable.Take().UserId;
    private readonly CancellationTokenSource disposing = new();
    private readonly Task accepting;

    private RpcListener(PublishedSocket socket, RpcMethods methods, Action worked, ILogger log)
    {
        (this.socket, this.methods, this.worked, this.log) = (socket, methods, worked, log);
        socket.Socket.Listen(64);
        socket.Publish();
        accepting = Task.Run(() => Accept(disposing.Token), CancellationToken.None);
    }

    public static string PathIn(string agentctlHome) => Path.Combine(agentctlHome, "agentctl.sock");

    /// <param name="worked">Called after each answer.</param>
    public static RpcListener Start(string agentctlHome, RpcMethods methods, Action worked, ILogger log)
    {
        var bound = PublishedSocket.Bind(PathIn(agentctlHome));
        try
        {
            return new RpcListener(bound, methods, worked, log);
        }
        catch
        {
            bound.Dispose();
            throw;
        }
    }

    /// <summary>Who listens on the old socket although we hold this home: a daemon of the Node tool. Null when nobody does.</summary>
    public static async Task<int?> FindAnother(string agentctlHome, CancellationToken cancellationToken)
    {
        using var name = UnixSocketName.TryOpen(PathIn(agentctlHome));
        if (name is null)
        {
            return null;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(name.EndPoint, cancellationToken);
            return Peer.CredentialsOf(probe).Pid;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>From now on nobody new finds it.</summary>
    public void Withdraw() => socket.Withdraw();

    public async ValueTask DisposeAsync()
    {
        socket.Withdraw();
        await disposing.CancelAsync();
        socket.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        disposing.Dispose();
    }

    private async Task Accept(CancellationToken cancellationToken)
    {
        var conversations = new List<Task>();
        try
        {
            while (true)
            {
                if (await Next(cancellationToken) is not { } client)
                {
                    continue;
                }

                conversations.RemoveAll(static one => one.IsCompleted);
                if (conversations.Count >= ConnectionLimit.Each)
                {
                    client.Dispose();
                    continue;
                }

                conversations.Add(Task.Run(() => Converse(client, cancellationToken), CancellationToken.None));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(conversations).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Null when the system had none to give just now (no descriptor is left): it is asked again, not given up.</summary>
    private async Task<Socket?> Next(CancellationToken cancellationToken)
    {
        try
        {
            return await socket.Socket.AcceptAsync(cancellationToken);
        }
        catch (SocketException refused) when (!cancellationToken.IsCancellationRequested)
        {
            ConversationEnded(log, refused.Message);
            await Task.Delay(AfterRefusal, cancellationToken);
            return null;
        }
    }

    private async Task Converse(Socket client, CancellationToken cancellationToken)
    {
        using var ours = client;
        using var turn = new SemaphoreSlim(1);
        var answers = new List<Task>();
        try
        {
            if (Peer.CredentialsOf(client).Uid != own)
            {
                return;
            }

            // A request that was accepted is carried out to its end even when the client leaves: half an order is worse than an unread
            // answer, and a client that has closed only its sending side cannot be told from one that left. Only the daemon's end cancels.
            await foreach (var line in Lines(client, cancellationToken))
            {
                answers.RemoveAll(static one => one.IsCompleted);
                answers.Add(Answer(client, turn, line, cancellationToken));
            }

            // It asked, and has closed its side: it may still read.
            await Task.WhenAll(answers);
        }
        catch (Exception gone) when (gone is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidDataException)
        {
            ConversationEnded(log, gone.Message);
            await Task.WhenAll(answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Answer(Socket client, SemaphoreSlim turn, byte[] line, CancellationToken cancellationToken)
    {
        if (await methods.Answer(line, cancellationToken) is not { } answer)
        {
            return;
        }

        await turn.WaitAsync(cancellationToken);
        try
        {
            for (ReadOnlyMemory<byte> rest = answer.Bytes; !rest.IsEmpty;)
            {
                rest = rest[await client.SendAsync(rest, SocketFlags.None, cancellationToken)..];
            }
        }
        finally
        {
            turn.Release();
        }

        answer.Afterwards?.Invoke();
        worked();
    }

    private static async IAsyncEnumerable<byte[]> Lines(Socket client, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var have = 0;
        while (true)
        {
            if (have == buffer.Length)
            {
                if (have >= LongestLineBytes)
                {
                    throw new InvalidDataException("a request of more than 64 MB");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var received = await client.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None, cancellationToken);
            if (received == 0)
            {
                yield break;
            }

            var looked = have;
            have += received;
            for (int feed; (feed = buffer.AsSpan(looked, have - looked).IndexOf((byte)'\n')) >= 0;)
            {
                var end = looked + feed;
                yield return buffer[..end];
                buffer.AsSpan(end + 1, have - end - 1).CopyTo(buffer);
                have -= end + 1;
                looked = 0;
            }

            if (buffer.Length > RoomyBytes && have <= RoomyBytes)
            {
                // One long line is no reason to keep room for another.
                Array.Resize(ref buffer, RoomyBytes);
            }
        }
    }

    [LoggerMessage(EventId = 40, EventName = "RpcConversationEnded", Level = LogLevel.Debug, Message = "a conversation on the old socket ended: {Problem}")]
    private static partial void ConversationEnded(ILogger log, string problem);
}

/// <summary>One line to send, and what is to be done when it was sent.</summary>
internal sealed record RpcAnswer(ReadOnlyMemory<byte> Bytes, Action? Afterwards = null);
