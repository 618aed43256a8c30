using System.Net.Sockets;
using System.Text;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>A shim that has just been started, and what it says of that, line by line.</summary>
public sealed class ShimStart(DetachedProcess shim) : IDisposable
{
    /// <summary>How long a shim may say nothing before it is looked at: an agent can stop its shim before that has said that it runs.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly byte[] buffer = new byte[8192];
    private int have;

    /// <summary>The last line it said; empty when it said nothing.</summary>
    public string Said { get; private set; } = "";

    /// <summary>Waits for its next line.</summary>
    public async Task Hear(TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; waited < patience && !await HearFor(LookEvery, cancellationToken).ConfigureAwait(false); waited += LookEvery)
        {
            // Our own child, so the pid is its own.
            if (ProcessTable.Take().Find(shim.Pid) is { State: 'T' } stopped)
            {
                _ = ProcessSignal.TrySend(stopped.Pid, stopped.StartTicks, SignalNumbers.Continue, out _);
            }
        }

        var length = buffer.AsSpan(0, have).IndexOf((byte)'\n') is >= 0 and var feed ? feed : have;
        Said = Encoding.UTF8.GetString(buffer, 0, length);
        var taken = Math.Min(have, length + 1);
        buffer.AsSpan(taken, have - taken).CopyTo(buffer);
        have -= taken;
    }

    /// <summary>False when the time is over and the shim may still say something.</summary>
    private async Task<bool> HearFor(TimeSpan time, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(time);
        try
        {
            while (have < buffer.Length && !buffer.AsSpan(0, have).Contains((byte)'\n')
                && await shim.Channel.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None, deadline.Token).ConfigureAwait(false) is > 0 and var more)
            {
                have += more;
            }

            return true;
        }
        catch (SocketException)
        {
            // Reset when it died: what it said until then is all it said.
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => shim.Dispose();
}
