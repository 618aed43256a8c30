using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Client;

/// <summary>One HTTP/1.1 connection over the daemon's socket: one request at a time, each body read to its end before the next.</summary>
internal sealed class DaemonSocket : IDisposable
{
    private const int LongestHeadBytes = 64 * 1024;
    private const int RoomyBytes = 256 * 1024;
    private readonly Socket socket;
    private readonly ArrayBufferWriter<byte> decoded = new();
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;

    private DaemonSocket(Socket socket) => this.socket = socket;

    /// <summary>Process and user that listen on the other side.</summary>
    public (int Pid, uint Uid, uint Gid) Peer => Platform.Peer.CredentialsOf(socket);

    /// <summary>The body of the last answer was read to its end and the daemon keeps the connection.</summary>
    public bool IsReusable { get; private set; } = true;

    /// <summary>Nothing is to be read from it: an end, or bytes that nobody asked for, mean that it is of no use any more.</summary>
    public bool StillStands => start == end && !socket.Poll(TimeSpan.Zero, SelectMode.SelectRead);

    /// <summary>Null when nobody listens.</summary>
    /// <exception cref="SocketException">Somebody may listen, but we may not connect.</exception>
    public static async Task<DaemonSocket?> TryConnect(string path, CancellationToken cancellationToken)
    {
        using var name = UnixSocketName.TryOpen(path);
        if (name is null)
        {
            return null;
        }

        var connecting = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connecting.ConnectAsync(name.EndPoint, cancellationToken).ConfigureAwait(false);
            return new DaemonSocket(connecting);
        }
        catch (SocketException refused) when (MeansNobody(refused))
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

    /// <summary>Sends a request, with a JSON body unless that is empty, and reads the head of its answer.</summary>
    public async Task<ResponseHead> Send(string method, string target, string places, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        IsReusable = false;
        var request = Encoding.ASCII.GetBytes(
            $"{method} {target} HTTP/1.1\r\nHost: {DaemonProtocol.Host}\r\n{DaemonProtocol.PlacesHeader}: {places}\r\n"
            + (method == "GET" ? "\r\n" : $"{(body.IsEmpty ? "" : "Content-Type: application/json\r\n")}Content-Length: {body.Length}\r\n\r\n"));
        await SendAll(request, cancellationToken).ConfigureAwait(false);
        await SendAll(body, cancellationToken).ConfigureAwait(false);

        int length;
        while ((length = buffer.AsSpan(start, end - start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (end - start > LongestHeadBytes)
            {
                throw new InvalidDataException("The head of the daemon's answer does not end.");
            }

            await Fill(cancellationToken).ConfigureAwait(false);
        }

        var head = ResponseHead.Parse(buffer.AsSpan(start, length));
        start += length + 4;
        return head;
    }

    private async Task SendAll(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }

    /// <summary>The whole body.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadBody(ResponseHead head, CancellationToken cancellationToken)
    {
        if (head.ContentLength is not { } length || head.IsChunked)
        {
            var whole = new ArrayBufferWriter<byte>();
            await foreach (var piece in ReadPieces(head, cancellationToken).ConfigureAwait(false))
            {
                whole.Write(piece.Span);
            }

            return whole.WrittenMemory;
        }

        var body = new byte[length];
        var have = (int)Math.Min(length, end - start);
        buffer.AsSpan(start, have).CopyTo(body);
        start += have;
        while (have < body.Length)
        {
            have += await Receive(body.AsMemory(have), cancellationToken).ConfigureAwait(false);
        }

        IsReusable = !head.Closes;
        return body;
    }

    /// <summary>The body as it comes; each piece is valid until the next one is asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadPieces(
        ResponseHead head, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!head.IsChunked)
        {
            yield return await ReadBody(head with { ContentLength = head.ContentLength ?? 0 }, cancellationToken).ConfigureAwait(false);
            yield break;
        }

        var decoder = new ChunkedDecoder();
        while (true)
        {
            decoded.ResetWrittenCount();
            start += decoder.Decode(buffer.AsSpan(start, end - start), decoded);
            if (decoded.WrittenCount > 0)
            {
                yield return decoded.WrittenMemory;
            }

            if (decoder.IsComplete)
            {
                IsReusable = !head.Closes;
                yield break;
            }

            await Fill(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Reads more behind what is there, with more room when there was not enough for what came.</summary>
    private async Task Fill(CancellationToken cancellationToken)
    {
        if (start == end)
        {
            buffer = end == buffer.Length && end < RoomyBytes ? new byte[buffer.Length * 2] : buffer;
            start = end = 0;
        }
        else if (end == buffer.Length && start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        else if (end == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        end += await Receive(buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> Receive(Memory<byte> into, CancellationToken cancellationToken)
    {
        var received = await socket.ReceiveAsync(into, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        return received > 0 ? received : throw new EndOfStreamException("the daemon closed the connection");
    }

    /// <summary>No socket file, or one that nobody holds any more.</summary>
    private static bool MeansNobody(SocketException failure) =>
        failure.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable
        || failure.NativeErrorCode is 2 or 20 or 111;
}
