using System.Net.Sockets;
using Agentctl.Platform;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Agentctl.Daemon;

/// <summary>Who connects must be the user we run as; everybody else is hung up on before a byte is read.</summary>
internal sealed partial class PeerCheck(ILogger log)
{
    private readonly uint own = ProcessTable.Take().UserId;

    public ConnectionDelegate Before(ConnectionDelegate next) => connection =>
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (socket is not null && MayAsk(socket))
        {
            return next(connection);
        }

        connection.Abort();
        return Task.CompletedTask;
    };

    private bool MayAsk(Socket socket)
    {
        try
        {
            var (pid, uid, _) = Peer.CredentialsOf(socket);
            if (uid == own)
            {
                return true;
            }

            PeerRefused(log, uid, pid);
        }
        catch (Exception failure) when (failure is SocketException or IOException or ObjectDisposedException)
        {
            // It left before it could be asked who it was.
            PeerUnknown(log, failure.Message);
        }

        return false;
    }

    [LoggerMessage(EventId = 10, EventName = "PeerRefused", Level = LogLevel.Warning, Message = "refused a connection of user {UserId} (pid {Pid})")]
    private static partial void PeerRefused(ILogger log, uint userId, int pid);

    [LoggerMessage(EventId = 11, EventName = "PeerUnknown", Level = LogLevel.Debug, Message = "refused a connection of nobody known: {Problem}")]
    private static partial void PeerUnknown(ILogger log, string problem);
}
