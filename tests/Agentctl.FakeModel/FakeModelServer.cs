using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Agentctl.FakeModel;

/// <summary>
/// A model that costs nothing and does what the prompt says (<see cref="Directives"/>): Anthropic messages, OpenAI responses
/// and chat completions, Gemini contents, on 127.0.0.1. Every request is one line of the log, without its credentials.
/// </summary>
public sealed class FakeModelServer : IAsyncDisposable
{
    private static readonly string[] Models = ["fake-model", "claude-fake", "gpt-fake"];

    private readonly WebApplication app;
    private readonly string gates;
    private readonly TextWriter log;

    private FakeModelServer(WebApplication app, string gates, TextWriter log)
    {
        this.app = app;
        this.gates = gates;
        this.log = TextWriter.Synchronized(log);
        app.Run(Handle);
    }

    public Uri Address => new(app.Urls.First());

    /// <param name="port">0 = any free one; see <see cref="Address"/>.</param>
    /// <param name="gates">Folder in which HOLD waits for files.</param>
    public static async Task<FakeModelServer> Start(int port, string gates, TextWriter log, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
        });
        var server = new FakeModelServer(builder.Build(), gates, log);
        await server.app.StartAsync(cancellationToken);
        return server;
    }

    public Task WaitForShutdown() => ((IHost)app).WaitForShutdownAsync();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Handle(HttpContext http)
    {
        var reply = new Reply(http, gates);
        try
        {
            var request = await Body(http);
            Log(http, request);
            await Answer(http.Request, request, reply);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The agent hung up: killed, or its turn was interrupted.
            await log.WriteLineAsync($"{{\"gone\":\"{http.Request.Path}\"}}");
        }
    }

    private static Task Answer(HttpRequest http, JsonObject request, Reply reply)
    {
        var path = http.Path.Value ?? "";
        return http.Method switch
        {
            "HEAD" => Task.CompletedTask,
            "POST" when path.EndsWith("/messages/count_tokens", StringComparison.Ordinal) => reply.Json(200, new JsonObject { ["input_tokens"] = 10 }),
            "POST" when path.EndsWith("/messages", StringComparison.Ordinal) => AnthropicMessages.Answer(request, reply),
            "POST" when path.EndsWith("/responses", StringComparison.Ordinal) => OpenAiResponses.Answer(request, reply),
            "POST" when path.EndsWith("/chat/completions", StringComparison.Ordinal) => OpenAiChat.Answer(request, reply),
            "POST" when path.EndsWith(":streamGenerateContent", StringComparison.Ordinal) => GeminiContent.Answer(request, isStream: true, reply),
            "POST" when path.EndsWith(":generateContent", StringComparison.Ordinal) => GeminiContent.Answer(request, isStream: false, reply),
            "POST" when path.EndsWith(":countTokens", StringComparison.Ordinal) => reply.Json(200, new JsonObject { ["totalTokens"] = 10 }),
            "GET" when path.EndsWith("/models", StringComparison.Ordinal) => reply.Json(200, ModelList()),
            "GET" when path == "/healthz" => reply.Json(200, new JsonObject { ["ok"] = true }),
            _ => reply.Json(404, new JsonObject
            {
                ["error"] = new JsonObject { ["type"] = "not_found_error", ["message"] = $"fake: no such route {http.Method} {path}" },
            }),
        };
    }

    private static async Task<JsonObject> Body(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        try
        {
            return JsonNode.Parse(text.Length == 0 ? "{}" : text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static JsonObject ModelList() => new()
    {
        ["object"] = "list",
        ["has_more"] = false,
        ["data"] = new JsonArray([.. Models.Select(id => (JsonNode)new JsonObject
        {
            ["id"] = id,
            ["type"] = "model",
            ["object"] = "model",
            ["display_name"] = id,
            ["created"] = 1,
            ["created_at"] = "2026-01-01T00:00:00Z",
            ["owned_by"] = "fake",
        })]),
    };

    private void Log(HttpContext http, JsonObject request)
    {
        var line = new JsonObject
        {
            ["at"] = DateTimeOffset.UtcNow.ToString("HH:mm:ss.fff"),
            ["method"] = http.Request.Method,
            ["path"] = http.Request.Path.Value,
            ["model"] = request["model"]?.DeepClone(),
            ["tools"] = (request["tools"] as JsonArray)?.Count ?? 0,
        };
        log.WriteLine(line.ToJsonString());
        log.Flush();
    }
}
