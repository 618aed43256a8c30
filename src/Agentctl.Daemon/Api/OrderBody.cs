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
        if (await QueryReading.RefuseParameters(http))
        {
            return null;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = LargestBytes;
        }

        using var body = new MemoryStream((int)Math.Min(http.Request.ContentLength ?? 0, LargestBytes));
        try
        {
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        }
        catch (IOException bad)
        {
            // Too large, or its framing is broken: a chunk size that is no number.
            await Problems.Write(http, Problems.BadRequest($"the body cannot be read: {bad.Message}"));
            return null;
        }

        var (order, wrong) = Parse(body.GetBuffer().AsSpan(0, (int)body.Length), type);
        if (wrong is not null)
        {
            await Problems.Write(http, Problems.BadRequest(wrong));
        }

        return order;
    }

    internal static (T? Order, string? Wrong) Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return RequestCheck.Wrong(json, type) is { } wrong ? (null, wrong)
                : JsonSerializer.Deserialize(json, type) is { } order ? (order, null)
                : (null, "the body must be a JSON object");
        }
        catch (JsonException wrong)
        {
            return (null, wrong.Path is { Length: > 2 } path ? $"'{path[2..]}' is no value for this field: {Reason(wrong)}" : $"the body is not JSON: {wrong.Message}");
        }
    }

    /// <summary>The serializer's sentence, without the name of a type of .NET and without the path, which is told already.</summary>
    private static string Reason(JsonException wrong)
    {
        var message = wrong.Message.Split(" Path: ")[0];
        return message.StartsWith("The JSON value could not be converted", StringComparison.Ordinal) || message.Contains("property or field", StringComparison.Ordinal) ? "wrong type" : message;
    }
}
