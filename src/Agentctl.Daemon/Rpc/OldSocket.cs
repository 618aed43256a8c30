using System.Net.Sockets;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// Serves the Node tool's socket for as long as the daemon runs. Where it cannot be bound the daemon serves everything else, the
/// problem is counted as that of a background loop, and binding is tried again.
/// </summary>
internal sealed class OldSocket : IAsyncDisposable
{
    private readonly string home;
    private readonly RpcMethods methods;
    private readonly Action worked;
    private readonly ILogger log;
    private readonly BackgroundLoop loop;
    private readonly TaskCompletionSource attempted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private RpcListener? listener;
    private bool isWithdrawn;

    private OldSocket(string home, RpcMethods methods, Action worked, BackgroundLoops loops, ILogger log)
    {
        (this.home, this.methods, this.worked, this.log) = (home, methods, worked, log);
        loop = loops.Start("old socket", Serve);
    }

    /// <summary>Returns after the first attempt to bind it.</summary>
    /// <param name="worked">Called after each answer.</param>
    public static async Task<OldSocket> Start(string home, RpcMethods methods, Action worked, BackgroundLoops loops, ILogger log)
    {
        var socket = new OldSocket(home, methods, worked, loops, log);
        await socket.attempted.Task;
        return socket;
    }

    /// <summary>From now on no new client finds it.</summary>
    public void Withdraw()
    {
        lock (gate)
        {
            isWithdrawn = true;
            listener?.Withdraw();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await loop.DisposeAsync();
        if (listener is { } bound)
        {
            await bound.DisposeAsync();
        }
    }

    private async Task Serve(BackgroundLoop self, CancellationToken cancellationToken)
    {
        try
        {
            Bind();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new IOException($"{RpcListener.PathIn(home)} cannot be bound, so the Node tool's commands are not answered: {failure.Message}. Remove what stands in its place; the daemon tries again", failure);
        }
        finally
        {
            attempted.TrySetResult();
        }

        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private void Bind()
    {
        lock (gate)
        {
            if (!isWithdrawn)
            {
                listener = RpcListener.Start(home, methods, worked, log);
            }
        }
    }
}
