using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>A conversation with one launch's shim (docs/specs/shim.md): one request, one line of answer, as often as wanted.</summary>
public sealed class ShimConnection : IDisposable
{
    private readonly Socket socket;
    private readonly byte[] buffer = new byte[1024];
    private int have;

    private ShimConnection(Socket socket) => this.socket = socket;

    /// <summary>Null when no shim listens there: it is gone, or not there yet.</summary>
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
        try
        {
            await connecting.ConnectAsync(name.EndPoint, cancellationToken).ConfigureAwait(false);
            if (Peer.CredentialsOf(connecting).Uid != ProcessTable.Take().UserId)
            {
                throw new IOException($"the shim of {folder} belongs to another user");
            }

            return new ShimConnection(connecting);
        }
        catch (SocketException)
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
            ? (int.Parse(pid, CultureInfo.InvariantCulture), ulong.Parse(ticks, CultureInfo.InvariantCulture), state == "stopping")
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
        var said = await Ask(string.Create(CultureInfo.InvariantCulture, $"{ShimProtocol.Input} {key} {bytes.Length}{(neededFrom is { } offset ? $" {offset}" : "")}"), bytes, cancellationToken).ConfigureAwait(false);
        return said is "written" or "known" ? null
            : said is null ? "its shim went away"
            : said.StartsWith("refused ", StringComparison.Ordinal) ? said["refused ".Length..] : said;
    }

    /// <summary>Ends the agent's input.</summary>
    public Task CloseInput(CancellationToken cancellationToken) => Ask(ShimProtocol.CloseInput, default, cancellationToken);

    /// <summary>Somebody is there for as long as this connection is open.</summary>
    public Task Attach(CancellationToken cancellationToken) => Ask(ShimProtocol.Attach, default, cancellationToken);

    /// <summary>Waits until the shim is gone.</summary>
    public async Task Ended(CancellationToken cancellationToken)
    {
        while (await Receive(cancellationToken).ConfigureAwait(false))
        {
            have = 0;
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task<string?> Ask(string request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            await Send(Encoding.UTF8.GetBytes(request + "\n"), cancellationToken).ConfigureAwait(false);
            await Send(body, cancellationToken).ConfigureAwait(false);
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
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task Send(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
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
