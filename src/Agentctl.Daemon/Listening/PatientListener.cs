using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Agentctl.Daemon;

/// <summary>
/// Accepts connections for Kestrel. Kestrel's own listener takes every failure of accept(2) for a connection that was reset and accepts
/// again at once, which is a busy loop while the process has no free descriptor. This one waits before it tries again.
/// </summary>
internal sealed class PatientListener : IConnectionListener
{
    public static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly Socket socket;
    private readonly SocketConnectionContextFactory connections;
    private readonly MemoryPool<byte> memory;
    private readonly Func<CancellationToken, ValueTask<Socket>> accept;
    private readonly TimeProvider time;

    /// <param name="accept">Accepts one connection; the socket's own accept when absent.</param>
    public PatientListener(
        Socket socket, EndPoint endPoint, SocketConnectionContextFactory connections, MemoryPool<byte> memory,
        TimeProvider time, Func<CancellationToken, ValueTask<Socket>>? accept = null)
    {
        (this.socket, EndPoint, this.connections, this.memory, this.time) = (socket, endPoint, connections, memory, time);
        this.accept = accept ?? socket.AcceptAsync;
    }

    public EndPoint EndPoint { get; }

    /// <returns>Null when the socket no longer listens.</returns>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var connection = connections.Create(await accept(cancellationToken));
                connection.Features.Set<IMemoryPoolFeature>(new Pool(memory));
                return connection;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException ended) when (ended.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException)
            {
                await Task.Delay(AfterFailure, time, cancellationToken);
            }
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        connections.Dispose();
        memory.Dispose();
        return default;
    }

    /// <summary>The server writes its answers into memory of this pool.</summary>
    private sealed record Pool(MemoryPool<byte> MemoryPool) : IMemoryPoolFeature;
}

/// <summary>Makes the one listener of the daemon.</summary>
internal sealed class PatientListeners(Socket socket, IMemoryPoolFactory<byte> memory, ILoggerFactory logs) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        socket.Listen();
        var connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
        return new ValueTask<IConnectionListener>(new PatientListener(socket, endpoint, connections, memory.Create(new MemoryPoolOptions { Owner = "agentctld" }), TimeProvider.System));
    }
}
