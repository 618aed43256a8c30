using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// A conversation with one launch's shim (docs/specs/shim.md): one request, one line of answer, as often as wanted. Every request has a
/// time limit, because an agent can stop its shim. For one caller at a time.
/// </summary>
public sealed class ShimConnection : IDisposable
{
    /// <summary>A shim answers within a millisecond. One that takes this long is stopped, or the machine is out of breath.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan QueuePause = TimeSpan.FromMilliseconds(20);

    private readonly Socket socket;
    private readonly string folder;
    private readonly byte[] buffer = new byte[1024];
    private int have;

    /// <summary>Answers still to come; all but the last belong to requests whose callers gave up.</summary>
    private int unanswered;

    /// <summary>A request was sent in part, or its answer did not come: nothing on this connection can be trusted any more.</summary>
    private bool isBroken;

    private ShimConnection(Socket socket, string folder)
    {
        this.socket = socket;
        this.folder = folder;
    }

    /// <summary>The shim is there, and did not answer a request in time.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>The shim has answered that it did not pass the newest message on.</summary>
    public bool HasRefused { get; private set; }

    /// <summary>Null when no shim can be reached there: it is gone, not there yet, or another process has taken its socket.</summary>
    public static Task<ShimConnection?> TryOpen(LaunchPlaces places, string launchId, CancellationToken cancellationToken) => TryOpenIn(places.Of(launchId), cancellationToken);

    /// <param name="folder">Of a launch, wherever it lies.</param>
    public static async Task<ShimConnection?> TryOpenIn(string folder, CancellationToken cancellationToken)
    {
        using var name = UnixSocketName.TryOpen(Path.Combine(folder, LaunchFiles.Socket));
        if (name is null)
        {
            return null;
        }

        var connecting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            await Connect(connecting, name.EndPoint, limit.Token).ConfigureAwait(false);
            var peer = Peer.CredentialsOf(connecting);
            if (peer.Uid != ProcessTable.Take().UserId)
            {
                throw new IOException($"the shim of {folder} belongs to another user");
            }

            if (LeaseHolder.IsShim(peer.Pid, Path.Combine(folder, LaunchFiles.Lease)) != false)
            {
                return new ShimConnection(connecting, folder);
            }

            // Whoever listens there is not the shim: the agent can replace the socket's file.
            connecting.Dispose();
            return null;
        }
        catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            connecting.Dispose();
            return null;
        }
        catch
        {
            connecting.Dispose();
            throw;
        }
    }

    /// <summary>Its agent's pid and start ticks, and whether it is ending; null when it went away meanwhile.</summary>
    public async Task<(int Pid, ulong StartTicks, bool IsStopping)?> Status(CancellationToken cancellationToken) =>
        await Ask(ShimProtocol.Status, default, cancellationToken).ConfigureAwait(false) is { } said && said.Split(' ') is ["status", var pid, var ticks, var state]
            && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var agentPid) && ulong.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var startTicks)
            ? (agentPid, startTicks, state == "stopping")
            : null;

    /// <summary>Asks it to stop; true when the request is durable and being carried out.</summary>
    public async Task<bool> Stop(TimeSpan deadline, string by, CancellationToken cancellationToken) =>
        await Ask($"{ShimProtocol.Stop} {((long)deadline.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)} {by}", default, cancellationToken).ConfigureAwait(false) == "stopping";

    /// <summary>The same in an agent's own way: its input is ended, and SIGTERM comes when <paramref name="patience"/> is over.</summary>
    public async Task<bool> Finish(TimeSpan patience, TimeSpan deadline, string by, CancellationToken cancellationToken) => await Ask(
        string.Create(CultureInfo.InvariantCulture, $"{ShimProtocol.Finish} {(long)patience.TotalMilliseconds} {(long)deadline.TotalMilliseconds} {by}"), default, cancellationToken).ConfigureAwait(false) == "stopping";

    /// <summary>Gives the agent a message on its open input. Whole or not at all, and once for each key.</summary>
    /// <returns>Null when it was written, by this call or an earlier one with the key; else why not.</returns>
    public Task<string?> Write(string key, string message, CancellationToken cancellationToken) => Write(key, Encoding.UTF8.GetBytes(message), cancellationToken);

    /// <inheritdoc cref="Write(string, string, CancellationToken)"/>
    /// <param name="neededFrom">What stands before this offset of its output is needed no longer; null says nothing.</param>
    public async Task<string?> Write(string key, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken, long? neededFrom = null)
    {
        var request = string.Create(CultureInfo.InvariantCulture, $"{ShimProtocol.Input} {key} {bytes.Length}{(neededFrom is { } offset ? $" {offset}" : "")}");

        // The answer comes when the agent has room for the message, and that may take long: only a shim that answers nobody is given up.
        var said = await Ask(request, bytes, cancellationToken, AnswersOthers).ConfigureAwait(false);
        HasRefused = said?.StartsWith("refused ", StringComparison.Ordinal) == true;
        return said is "written" or "known" ? null
            : said is null ? IsSilent ? "its shim does not answer (it may be stopped by a signal)" : "its shim went away"
            : said.StartsWith("refused ", StringComparison.Ordinal) ? said["refused ".Length..] : said;
    }

    /// <summary>Ends the agent's input.</summary>
    public Task CloseInput(CancellationToken cancellationToken) => Ask(ShimProtocol.CloseInput, default, cancellationToken);

    /// <summary>Somebody is there for as long as this connection is open; false when the shim does not answer.</summary>
    public async Task<bool> Attach(CancellationToken cancellationToken) => await Ask(ShimProtocol.Attach, default, cancellationToken).ConfigureAwait(false) == "attached";

    /// <summary>Waits until the shim is gone.</summary>
    public async Task Ended(CancellationToken cancellationToken)
    {
        while (await Receive(cancellationToken).ConfigureAwait(false))
        {
            have = 0;
        }
    }

    public void Dispose() => socket.Dispose();

    /// <param name="isWorthWaiting">Asked each time the patience is over; null = the answer comes at once or never.</param>
    private async Task<string?> Ask(string request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, Func<CancellationToken, Task<bool>>? isWorthWaiting = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (isBroken)
        {
            return null;
        }

        try
        {
            isBroken = !(await TrySend(Encoding.UTF8.GetBytes(request + "\n")).ConfigureAwait(false) && await TrySend(body).ConfigureAwait(false));
            if (isBroken)
            {
                IsSilent = true;
                return null;
            }

            unanswered++;
            while (true)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(Patience);
                try
                {
                    if (await NextLine(limit.Token).ConfigureAwait(false) is not { } line)
                    {
                        isBroken = true;
                        return null;
                    }

                    if (--unanswered == 0)
                    {
                        return line;
                    }
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    if (isWorthWaiting is null || !await isWorthWaiting(cancellationToken).ConfigureAwait(false))
                    {
                        isBroken = IsSilent = true;
                        return null;
                    }
                }
            }
        }
        catch (SocketException)
        {
            isBroken = true;
            return null;
        }
    }

    /// <summary>A Unix socket whose queue is full refuses at once instead of waiting.</summary>
    private static async Task Connect(Socket socket, EndPoint address, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (SocketException full) when (full.SocketErrorCode is SocketError.WouldBlock)
            {
                await Task.Delay(QueuePause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> AnswersOthers(CancellationToken cancellationToken)
    {
        using var another = await TryOpenIn(folder, cancellationToken).ConfigureAwait(false);
        return another is not null && await another.Status(cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Sends the whole, whether the caller gives up meanwhile or not: half a request would turn the next one into nonsense.</summary>
    private async Task<bool> TrySend(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, limit.Token).ConfigureAwait(false)..];
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<string?> NextLine(CancellationToken cancellationToken)
    {
        int feed;
        while ((feed = buffer.AsSpan(0, have).IndexOf((byte)'\n')) < 0)
        {
            if (have == buffer.Length || !await Receive(cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }

        var said = Encoding.UTF8.GetString(buffer, 0, feed);
        buffer.AsSpan(feed + 1, have - feed - 1).CopyTo(buffer);
        have -= feed + 1;
        return said;
    }

    private async Task<bool> Receive(CancellationToken cancellationToken)
    {
        try
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(have), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            have += received;
            return received > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
