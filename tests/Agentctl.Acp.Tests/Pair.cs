using System.IO.Pipelines;
using System.Threading.Channels;

namespace Agentctl.Acp.Tests;

/// <summary>Two ends in memory; bytes may be written raw to either.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly Pipe toAgent = new();
    private readonly Pipe toClient = new();

    public Pair(IAcpHandler client, IAcpHandler agent)
    {
        Client = AcpConnection.Start(StdioTransport.Of(toClient.Reader.AsStream(), toAgent.Writer.AsStream()), client);
        Agent = AcpConnection.Start(StdioTransport.Of(toAgent.Reader.AsStream(), toClient.Writer.AsStream()), agent, answersJunk: true);
    }

    public AcpConnection Client { get; }
    public AcpConnection Agent { get; }

    /// <summary>As if the agent wrote it.</summary>
    public async Task FromAgent(string text) => await toClient.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>As if the agent wrote it.</summary>
    public async Task FromAgent(byte[] bytes) => await toClient.Writer.WriteAsync(bytes);

    /// <summary>As if the client wrote it.</summary>
    public async Task FromClient(string text) => await toAgent.Writer.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Agent.DisposeAsync();
    }
}

/// <summary>Takes what comes, and answers as the test says.</summary>
internal sealed class Handler : IAcpHandler
{
    public Func<AcpIncoming, CancellationToken, ValueTask<AcpReply>> Answer { get; set; } = static (request, _) => throw new AcpErrorException(AcpHandlers.NotFound(request.Method));

    public Channel<AcpIncoming> Told { get; } = Channel.CreateUnbounded<AcpIncoming>();

    public ValueTask<AcpReply> Request(AcpIncoming request, CancellationToken cancellationToken) => Answer(request, cancellationToken);

    public void Notification(AcpIncoming notification) => Told.Writer.TryWrite(notification);
}
