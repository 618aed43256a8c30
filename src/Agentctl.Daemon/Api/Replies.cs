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
        ? Write(http, 200, "application/json", reply.Body, reply.Rest)
        : Problems.Write(http, reply.Status, reply.Body);

    public static Task Write<T>(HttpContext http, T document, JsonTypeInfo<T> type) =>
        Write(http, 200, "application/json", JsonSerializer.SerializeToUtf8Bytes(document, type));

    public static async Task Write(HttpContext http, int status, string contentType, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> rest = default)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = body.Length + rest.Length;
        await Send(http, body);
        await Send(http, rest);
    }

    private static async Task Send(HttpContext http, ReadOnlyMemory<byte> bytes)
    {
        for (var left = bytes; !left.IsEmpty;)
        {
            var slice = left[..Math.Min(left.Length, SliceBytes)];
            await http.Response.BodyWriter.WriteAsync(slice, http.RequestAborted);
            left = left[slice.Length..];
        }
    }
}
