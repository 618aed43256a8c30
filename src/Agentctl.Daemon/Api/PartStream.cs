using System.IO.Pipelines;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// Answers in parts: NDJSON, or server-sent events for who accepts those. A stream ends with its source, with the client that
/// leaves, or with the daemon, and takes the work behind it along.
/// </summary>
internal sealed partial class PartStream(ILogger log, CancellationToken stopping)
{
    public const string LinesType = "application/x-ndjson";
    public const string EventsType = "text/event-stream";

    /// <summary>Without follow, parts are sent together until there are this many bytes.</summary>
    private const int FlushAtBytes = 32 * 1024;

    /// <param name="follow">Every part is sent at once.</param>
    /// <param name="open">Asks for the parts; everything behind them obeys the token.</param>
    /// <param name="idOf">What a server-sent event of a part is called, for who comes back after an interruption.</param>
    public async Task Send(HttpContext http, bool follow, Func<CancellationToken, Task<ApiParts>> open, PartId? idOf = null)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            var parts = await open(ended.Token);
            if (!parts.IsOk)
            {
                await Problems.Write(http, parts.Status, parts.Problem);
                return;
            }

            var events = AcceptsEvents(http.Request);
            http.Response.ContentType = events ? EventsType : LinesType;
            http.Response.Headers.CacheControl = "no-store";
            if (follow)
            {
                // Who follows must know that it works before anything has happened.
                await http.Response.StartAsync(ended.Token);
                await http.Response.BodyWriter.FlushAsync(ended.Token);
            }

            await Copy(parts.Parts, http.Response.BodyWriter, events, follow, idOf, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or we are stopping: the stream ends here, as it should. One that had not begun is no empty one.
            if (!http.Response.HasStarted)
            {
                http.Abort();
            }
        }
        catch (Exception failure) when (http.Response.HasStarted)
        {
            // What was sent is incomplete, and the client must not take it for the whole.
            StreamFailed(log, failure);
            http.Abort();
        }
    }

    private static async Task Copy(
        IAsyncEnumerable<ReadOnlyMemory<byte>> parts, PipeWriter writer, bool events, bool follow, PartId? idOf, CancellationToken cancellationToken)
    {
        var unflushed = 0;
        await foreach (var part in parts.WithCancellation(cancellationToken))
        {
            if (events)
            {
                if (idOf is not null)
                {
                    Put(writer, "id: "u8);
                    Put(writer, idOf(part.Span));
                    Put(writer, "\n"u8);
                }

                Put(writer, "data: "u8);
            }

            Put(writer, part.Span);
            Put(writer, events ? "\n\n"u8 : "\n"u8);
            unflushed += part.Length;
            if (follow || unflushed > FlushAtBytes)
            {
                await writer.FlushAsync(cancellationToken);
                unflushed = 0;
            }
        }

        await writer.FlushAsync(cancellationToken);
    }

    private static void Put(PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }

    private static bool AcceptsEvents(HttpRequest request) =>
        request.Headers.Accept.Any(accept => accept?.Contains(EventsType, StringComparison.OrdinalIgnoreCase) == true);

    [LoggerMessage(EventId = 50, EventName = "StreamFailed", Level = LogLevel.Error, Message = "a stream failed midway and was cut off")]
    private static partial void StreamFailed(ILogger log, Exception failure);
}

/// <summary>The name of one part.</summary>
internal delegate ReadOnlySpan<byte> PartId(ReadOnlySpan<byte> part);
