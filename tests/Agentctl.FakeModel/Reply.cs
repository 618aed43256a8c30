using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Agentctl.FakeModel;

/// <summary>One answer being written: a JSON document, or a stream of server-sent events.</summary>
public sealed class Reply(HttpContext http, string gates)
{
    private static readonly TimeSpan PingPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GatePause = TimeSpan.FromMilliseconds(50);
    private static long lastId;

    /// <summary>An id as APIs give them: <c>msg_fake000001</c>.</summary>
    public static string NewId(string prefix) => $"{prefix}_fake{Interlocked.Increment(ref lastId):000000}";

    public Task Json(int status, JsonNode body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(), http.RequestAborted);
    }

    public void BeginStream()
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-cache";
    }

    /// <summary>An event with a name (Anthropic, OpenAI responses): the name is also the payload's type.</summary>
    public Task Event(string type, JsonObject payload)
    {
        payload.Insert(0, "type", type);
        return Raw($"event: {type}\ndata: {payload.ToJsonString()}\n\n");
    }

    /// <summary>An event without a name (OpenAI chat completions).</summary>
    public Task Data(string payload) => Raw($"data: {payload}\n\n");

    /// <summary>Waits as the plan says; <paramref name="ping"/> is sent meanwhile, once a second.</summary>
    public async Task Pause(ModelPlan plan, string? ping)
    {
        if (plan.Hold is { } name)
        {
            // Tells the test that this turn has come as far as the model.
            await File.WriteAllTextAsync(Path.Combine(gates, name + ".reached"), "", http.RequestAborted);
        }

        var until = DateTime.UtcNow + plan.Sleep;
        var nextPing = DateTime.UtcNow + PingPause;
        while (DateTime.UtcNow < until || (plan.Hold is { } gate && !File.Exists(Path.Combine(gates, gate))))
        {
            await Task.Delay(GatePause, http.RequestAborted);
            if (ping is not null && DateTime.UtcNow >= nextPing)
            {
                nextPing += PingPause;
                await Raw(ping);
            }
        }
    }

    private async Task Raw(string text)
    {
        await http.Response.WriteAsync(text, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }
}
