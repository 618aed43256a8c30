using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// Tells whoever started us, in one line, how that went: <c>ready</c> or <c>failed …</c>. Nobody listens when we were started by hand.
/// </summary>
internal sealed class StartChannel : IDisposable
{
    private Socket? starter;

    private StartChannel(Socket? starter) => this.starter = starter;

    /// <summary>Opens the descriptor the environment names, if it is a socket: the variable may be inherited from somewhere else.</summary>
    public static StartChannel Open(AgentEnvironment environment)
    {
        if (!int.TryParse(environment[DaemonProtocol.ChannelVariable], NumberStyles.None, null, out var descriptor) || descriptor < 3)
        {
            return new StartChannel(null);
        }

        try
        {
            return new StartChannel(new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)));
        }
        catch (SocketException)
        {
            return new StartChannel(null);
        }
    }

    /// <summary>Somebody listens on the socket now: we, or the daemon that was faster.</summary>
    public void Ready() => Say("ready\n");

    public void Failed(string problem) => Say($"failed {problem.ReplaceLineEndings(" ")}\n");

    public void Dispose() => Interlocked.Exchange(ref starter, null)?.Dispose();

    private void Say(string line)
    {
        if (Interlocked.Exchange(ref starter, null) is not { } socket)
        {
            return;
        }

        using (socket)
        {
            try
            {
                socket.Send(Encoding.UTF8.GetBytes(line));
            }
            catch (SocketException)
            {
                // The starter did not wait; it will find us, or not, as it pleases.
            }
        }
    }
}
