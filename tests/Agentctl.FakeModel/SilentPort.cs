using System.Net;
using System.Net.Sockets;

namespace Agentctl.FakeModel;

/// <summary>A port on 127.0.0.1 where everyone may connect and nobody ever gets an answer: a gateway that hangs.</summary>
public sealed class SilentPort : IDisposable
{
    private readonly TcpListener listener;

    private SilentPort(TcpListener listener) => this.listener = listener;

    /// <summary>The kernel accepts into the backlog by itself; nothing has to run here.</summary>
    public static SilentPort Open(int port)
    {
        var silent = new TcpListener(IPAddress.Loopback, port);
        silent.Start(backlog: 1000);
        return new SilentPort(silent);
    }

    public void Dispose() => listener.Dispose();
}
