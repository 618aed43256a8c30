using System.Net.Sockets;
using System.Text;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>A shim that has just been started, and what it says of that, line by line.</summary>
internal sealed class ShimStart(DetachedProcess shim) : IDisposable
{
    private readonly byte[] buffer = new byte[8192];
    private int have;

    /// <summary>The last line it said; empty when it said nothing.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Waits for its next line.</summary>
    public async Task Hear(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        try
        {
            while (have < buffer.Length && !buffer.AsSpan(0, have).Contains((byte)'\n')
                && await shim.Channel.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None, deadline.Token).ConfigureAwait(false) is > 0 and var more)
            {
                have += more;
            }
        }
        catch (SocketException)
        {
            // Reset when it died: what it said until then is all it said.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It takes too long; told by saying nothing.
        }

        var length = buffer.AsSpan(0, have).IndexOf((byte)'\n') is >= 0 and var feed ? feed : have;
        Said = Encoding.UTF8.GetString(buffer, 0, length);
        var taken = Math.Min(have, length + 1);
        buffer.AsSpan(taken, have - taken).CopyTo(buffer);
        have -= taken;
    }

    public void Dispose() => shim.Dispose();
}
