using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Agentctl.Core;

namespace Agentctl.Client;

/// <summary>
/// Asks the daemon. Thread-safe; every request in flight has its own connection, and one idle connection is kept.
/// A daemon that goes away meanwhile gives <see cref="DaemonLostException"/>.
/// </summary>
public sealed partial class DaemonClient : IAgentctlApi, IDisposable
{
    private readonly string path;
    private readonly string places;
    private DaemonSocket? idle;

    internal DaemonClient(string path, string places, DaemonSocket connected, string? daemonVersion, string? configFingerprint = null)
    {
        this.path = path;
        this.places = places;
        idle = connected;
        DaemonVersion = daemonVersion;
        ConfigFingerprint = configFingerprint;
        Peer = connected.Peer;
    }

    /// <summary>Version and commit of the daemon, as it says.</summary>
    public string? DaemonVersion { get; }

    /// <summary>Which config.json it has read.</summary>
    public string? ConfigFingerprint { get; }

    /// <summary>Process and user that listen, as the kernel says.</summary>
    public (int Pid, uint Uid, uint Gid) Peer { get; }

    public Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken) =>
        Ask("GET", Target.OfList(query, follow: false), cancellationToken);

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken) =>
        AskForParts(Target.OfList(query, follow: true), cancellationToken);

    public Task<ApiReply> Status(string reference, CancellationToken cancellationToken) =>
        Ask("GET", Target.OfSession(reference), cancellationToken);

    public Task<ApiReply> Explain(string reference, CancellationToken cancellationToken) =>
        Ask("GET", Target.OfSession(reference) + "/explain", cancellationToken);

    public Task<ApiReply> Usage(string reference, CancellationToken cancellationToken) =>
        Ask("GET", Target.OfSession(reference) + "/usage", cancellationToken);

    public Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken) =>
        AskForParts(Target.OfTranscript(reference, query), cancellationToken);

    /// <summary>A <see cref="DaemonDocument"/>.</summary>
    public Task<ApiReply> Daemon(CancellationToken cancellationToken) => Ask("GET", "/v1/daemon", cancellationToken);

    /// <summary>Asks it to end; 202 when it is going to.</summary>
    public Task<ApiReply> RequestStop(CancellationToken cancellationToken) => Ask("POST", "/v1/daemon/stop", cancellationToken);

    public void Dispose() => Interlocked.Exchange(ref idle, null)?.Dispose();

    private async Task<ApiReply> Ask(string method, string target, CancellationToken cancellationToken, ReadOnlyMemory<byte> body = default)
    {
        var (socket, head) = await Send(method, target, body, cancellationToken).ConfigureAwait(false);
        return new ApiReply(head.Status, await Finish(socket, head, cancellationToken).ConfigureAwait(false));
    }

    /// <param name="together">Lines that came together are one part: for who takes thousands of them.</param>
    private async Task<ApiParts> AskForParts(
        string target, CancellationToken cancellationToken, string method = "GET", ReadOnlyMemory<byte> body = default, bool together = false)
    {
        var (socket, head) = await Send(method, target, body, cancellationToken).ConfigureAwait(false);
        return head.Status == 200
            ? new ApiParts(200, default, Lines(socket, head, together, cancellationToken))
            : new ApiParts(head.Status, await Finish(socket, head, cancellationToken).ConfigureAwait(false), Nothing());
    }

    /// <summary>
    /// Uses the idle connection if there is one and it still stands. A question is asked again on a new connection when the kept one
    /// breaks; an order is not, because the daemon may have carried it out before it died.
    /// </summary>
    private async Task<(DaemonSocket Socket, ResponseHead Head)> Send(string method, string target, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (TakeIdle() is { } kept)
        {
            try
            {
                return (kept, await kept.Send(method, target, places, body, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception gone) when (gone is SocketException or EndOfStreamException)
            {
                kept.Dispose();
                if (method != "GET")
                {
                    throw new DaemonLostException("the daemon went away before it had answered; it may have carried the order out", gone);
                }
            }
            catch
            {
                kept.Dispose();
                throw;
            }
        }

        var socket = await DaemonSocket.TryConnect(path, cancellationToken).ConfigureAwait(false)
            ?? throw new DaemonLostException("the daemon is gone", wasSent: false);
        try
        {
            return (socket, await socket.Send(method, target, places, body, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (Lost(failure) is { } lost)
            {
                throw lost;
            }

            throw;
        }
    }

    /// <summary>Null without an idle connection, or when the daemon has closed it meanwhile.</summary>
    private DaemonSocket? TakeIdle()
    {
        var kept = Interlocked.Exchange(ref idle, null);
        if (kept is { StillStands: false })
        {
            kept.Dispose();
            return null;
        }

        return kept;
    }

    private async Task<ReadOnlyMemory<byte>> Finish(DaemonSocket socket, ResponseHead head, CancellationToken cancellationToken)
    {
        try
        {
            var body = await socket.ReadBody(head, cancellationToken).ConfigureAwait(false);
            Keep(socket);
            return body;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (Lost(failure) is { } lost)
            {
                throw lost;
            }

            throw;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Lines(
        DaemonSocket socket, ResponseHead head, bool together, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>();
        try
        {
            await using var pieces = socket.ReadPieces(head, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await MoveNext(pieces).ConfigureAwait(false))
            {
                var piece = pieces.Current;
                for (int feed; (feed = together ? piece.Span.LastIndexOf((byte)'\n') : piece.Span.IndexOf((byte)'\n')) >= 0; piece = piece[(feed + 1)..])
                {
                    line.Write(piece.Span[..feed]);
                    yield return line.WrittenSpan.ToArray();
                    line.ResetWrittenCount();
                }

                line.Write(piece.Span);
            }
        }
        finally
        {
            Keep(socket);
        }
    }

    private static async ValueTask<bool> MoveNext(IAsyncEnumerator<ReadOnlyMemory<byte>> pieces)
    {
        try
        {
            return await pieces.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (Lost(failure) is { } lost)
            {
                throw lost;
            }

            throw;
        }
    }

    private void Keep(DaemonSocket socket)
    {
        if (!socket.IsReusable || Interlocked.CompareExchange(ref idle, socket, null) is not null)
        {
            socket.Dispose();
        }
    }

    private static DaemonLostException? Lost(Exception failure) => failure switch
    {
        SocketException or EndOfStreamException => new DaemonLostException("the daemon went away before it had answered", failure),
        InvalidDataException nonsense => new DaemonLostException(nonsense.Message, nonsense),
        _ => null,
    };

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Nothing()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    /// <summary>Request targets (docs/specs/api.md).</summary>
    private static class Target
    {
        public static string OfList(ListQuery query, bool follow)
        {
            var target = new StringBuilder("/v1/sessions");
            Add(target, "all", query.All ? "true" : null);
            Add(target, "adapter", query.Adapter);
            Add(target, "status", query.Status?.Word());
            Add(target, "group", query.Group);
            Add(target, "since", query.Since?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'"));
            Add(target, "shortIds", query.ShortIds ? "true" : null);
            Add(target, "follow", follow ? "true" : null);
            return target.ToString();
        }

        public static string OfSession(string reference) => "/v1/sessions/" + Uri.EscapeDataString(reference);

        public static string OfTranscript(string reference, TranscriptQuery query)
        {
            var target = new StringBuilder(OfSession(reference)).Append("/transcript");
            Add(target, "last", query.Last?.ToString());
            Add(target, "role", query.Role);
            Add(target, "follow", query.Follow ? "true" : null);
            Add(target, "until", query.UntilEnded ? "ended" : null);
            return target.ToString();
        }

        public static string OfAcp(string reference) => "/v1/acp/sessions/" + Uri.EscapeDataString(reference);

        public static string Of(string path, string name, string? value) => Of(path, (name, value));

        public static string Of(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
        {
            var target = new StringBuilder(path);
            foreach (var (name, value) in parameters)
            {
                Add(target, name, value);
            }

            return target.ToString();
        }

        private static void Add(StringBuilder target, string name, string? value)
        {
            if (value is not null)
            {
                var separator = target.ToString().Contains('?', StringComparison.Ordinal) ? '&' : '?';
                target.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            }
        }
    }
}
