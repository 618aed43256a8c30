using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>Whole answers: bytes of known length.</summary>
internal static class Replies
{
    /// <summary>Kestrel copies what it is given into buffers that it keeps for ever: a large answer goes through them in slices.</summary>
    private const int SliceBytes = 64 * 1024;

    public static Task Write(HttpContext http, ApiReply reply) => reply.IsOk
        ? Write(http, 200, "application/json", reply)
        : Problems.Write(http, reply.Status, reply.Body);

    public static Task Write<T>(HttpContext http, T document, JsonTypeInfo<T> type) =>
        Write(http, 200, "application/json", JsonSerializer.SerializeToUtf8Bytes(document, type));

    public static Task Write(HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body) => Write(http, status, contentType, new ApiReply(status, body));

    private static async Task Write(HttpContext http, int status, string contentType, ApiReply reply)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = reply.Length;
        var writer = http.Response.BodyWriter;
        var waiting = 0;
        foreach (var piece in (reply.Rest ?? []).Prepend(reply.Body))
        {
            for (var left = piece; !left.IsEmpty;)
            {
                var slice = left[..Math.Min(left.Length, SliceBytes - waiting)];
                writer.Write(slice.Span);
                left = left[slice.Length..];
                waiting += slice.Length;
                if (waiting == SliceBytes)
                {
                    await writer.FlushAsync(http.RequestAborted);
                    waiting = 0;
                }
            }
        }

        await writer.FlushAsync(http.RequestAborted);
    }
}
