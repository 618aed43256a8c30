using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Agentctl.Daemon;

/// <summary>The body of a request as an order.</summary>
internal static class OrderBody
{
    /// <summary>Prompts may be large; nothing else is.</summary>
    private const long LargestBytes = 64 << 20;

    /// <summary>Reads the order, asks, and writes the answer.</summary>
    public static async Task With<T>(HttpContext http, JsonTypeInfo<T> type, Func<T, CancellationToken, Task<ApiReply>> ask)
        where T : class
    {
        if (await Read(http, type) is { } order)
        {
            await Replies.Write(http, await ask(order, http.RequestAborted));
        }
    }

    /// <summary>Null when the body is no such order; the problem was written then.</summary>
    public static async Task<T?> Read<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = LargestBytes;
            }

            if (await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted) is { } order)
            {
                return order;
            }

            await Problems.Write(http, Problems.BadRequest($"the body must be a {type.Type.Name}"));
        }
        catch (JsonException wrong)
        {
            await Problems.Write(http, Problems.BadRequest($"the body is no {type.Type.Name}: {wrong.Message}"));
        }

        return null;
    }
}
