using System.Net.Sockets;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>One daemon per AGENTCTL_HOME: whoever holds the lock on <c>daemon.lock</c> is it.</summary>
internal static class HomeLease
{
    /// <summary>Longer than the winner of a race needs to listen, and than a stopping daemon needs to end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The lease; or null when another daemon holds it and answers. Between the two lies a daemon that is starting or stopping:
    /// it is waited for, because our starter wants a daemon, not an excuse.
    /// </summary>
    /// <exception cref="IOException">The lock is held, and whoever holds it does not listen.</exception>
    public static async Task<Lease?> TakeOrFindAnother(string home, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = DaemonProtocol.LockPath(home);
        var began = time.GetTimestamp();
        while (true)
        {
            if (Lease.TryTake(path) is { } lease)
            {
                Label(path);
                return lease;
            }

            if (await Listens(DaemonProtocol.SocketPath(home), cancellationToken))
            {
                return null;
            }

            if (time.GetElapsedTime(began) > Patience)
            {
                throw new IOException($"{path} is held, and nobody listens beside it; its content says who took it");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>For people who look; the lock is what counts. The file is never replaced: the lock is on this very file.</summary>
    private static void Label(string path)
    {
        var self = ProcessTable.Take().Find(Environment.ProcessId);
        File.WriteAllText(path, $$"""{"pid":{{Environment.ProcessId}},"startTicks":{{self?.StartTicks ?? 0}},"version":"{{BuildStamp.Version}}"}""" + "\n");
    }

    private static async Task<bool> Listens(string path, CancellationToken cancellationToken)
    {
        using var name = UnixSocketName.TryOpen(path);
        if (name is null)
        {
            return false;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(name.EndPoint, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
