using System.Net.Sockets;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Client;

/// <summary>Finds out in one round trip whether there is a daemon to ask.</summary>
public static class DaemonConnection
{
    /// <summary>How long a daemon may take to say that it is there.</summary>
    public static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(2);

    /// <summary>Connects to the daemon of this environment's AGENTCTL_HOME. Starts none: see <see cref="DaemonStarter"/>.</summary>
    public static async Task<ConnectOutcome> TryConnect(
        AgentEnvironment environment, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        var path = DaemonProtocol.SocketPath(environment.AgentctlHome);
        DaemonSocket? socket;
        try
        {
            socket = await DaemonSocket.TryConnect(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            return new ConnectOutcome.Refused($"{path} cannot be connected to: {failure.Message}");
        }

        return socket is null
            ? ConnectOutcome.Down.Instance
            : await Greet(environment, path, socket, patience ?? DefaultPatience, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ConnectOutcome> Greet(
        AgentEnvironment environment, string path, DaemonSocket socket, TimeSpan patience, CancellationToken cancellationToken)
    {
        var (pid, uid, _) = socket.Peer;
        if (uid != Platform.ProcessTable.Take().UserId)
        {
            socket.Dispose();
            return new ConnectOutcome.Refused($"{path} belongs to a program of user {uid}, not to yours; it was not asked");
        }

        var places = DaemonProtocol.PlacesHash(environment);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        try
        {
            var head = await socket.Send("GET", "/v1/ping", places, default, deadline.Token).ConfigureAwait(false);
            var body = await socket.ReadBody(head, deadline.Token).ConfigureAwait(false);
            if (head.Status is 200 or 204 or 421)
            {
                var client = new DaemonClient(path, places, socket, head.DaemonVersion, head.ConfigFingerprint);
                return head.Status == 421 ? new ConnectOutcome.OtherEnvironment(client) : new ConnectOutcome.Up(client);
            }

            socket.Dispose();
            var problem = ProblemIn(body);
            return new ConnectOutcome.Refused(problem?.Detail ?? $"the daemon at {path} answered with status {head.Status}", problem);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            return new ConnectOutcome.NotAnswering(pid, patience);
        }
        catch (Exception gone) when (gone is SocketException or EndOfStreamException)
        {
            // It ended between accepting and answering, or its backlog died with it: the next look finds nobody.
            socket.Dispose();
            return ConnectOutcome.Down.Instance;
        }
        catch (InvalidDataException nonsense)
        {
            socket.Dispose();
            return new ConnectOutcome.Refused($"{path}: {nonsense.Message}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal static ProblemDocument? ProblemIn(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, ApiJson.Readable.ProblemDocument);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
