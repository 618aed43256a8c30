using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary><c>POST /v1/messages</c>, what Claude Code speaks.</summary>
public static class AnthropicMessages
{
    public static async Task Answer(JsonObject request, Reply reply)
    {
        var (userText, toolHasRun) = NewestTurn(request["messages"] as JsonArray ?? []);
        var tools = (request["tools"] as JsonArray ?? []).Select(t => new OfferedTool((string?)t!["name"] ?? "", t["input_schema"] as JsonObject)).ToList();
        var plan = ModelPlan.For(userText, toolHasRun, tools, request["output_config"]?["format"]?["schema"] ?? request["output_format"]?["schema"]);
        if (plan.Fail is { } code)
        {
            await reply.Json(code, new JsonObject { ["type"] = "error", ["error"] = new JsonObject { ["type"] = "api_error", ["message"] = "fake failure" } });
            return;
        }

        var content = plan.Call is { } call
            ? new JsonObject { ["type"] = "tool_use", ["id"] = Reply.NewId("toolu"), ["name"] = call.Name, ["input"] = call.Arguments.DeepClone() }
            : new JsonObject { ["type"] = "text", ["text"] = plan.Text };
        var stop = plan.Call is null ? "end_turn" : "tool_use";
        var message = new JsonObject
        {
            ["id"] = Reply.NewId("msg"),
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = request["model"]?.DeepClone(),
            ["content"] = new JsonArray(),
            ["stop_reason"] = null,
            ["stop_sequence"] = null,
            ["usage"] = new JsonObject { ["input_tokens"] = 10, ["output_tokens"] = 1, ["cache_creation_input_tokens"] = 0, ["cache_read_input_tokens"] = 0 },
        };
        if ((bool?)request["stream"] != true)
        {
            await reply.Pause(plan, null);
            message["content"] = new JsonArray(content);
            message["stop_reason"] = stop;
            message["usage"]!["output_tokens"] = 5;
            await reply.Json(200, message);
            return;
        }

        reply.BeginStream();
        await reply.Event("message_start", new JsonObject { ["message"] = message });
        await reply.Event("ping", []);
        await reply.Pause(plan, "event: ping\ndata: {\"type\": \"ping\"}\n\n");
        if (plan.Call is not null)
        {
            content["input"] = new JsonObject();
            await reply.Event("content_block_start", new JsonObject { ["index"] = 0, ["content_block"] = content });
            await reply.Event("content_block_delta", Delta(new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = plan.Call.Arguments.ToJsonString() }));
        }
        else
        {
            content["text"] = "";
            await reply.Event("content_block_start", new JsonObject { ["index"] = 0, ["content_block"] = content });
            foreach (var word in plan.Words())
            {
                await reply.Event("content_block_delta", Delta(new JsonObject { ["type"] = "text_delta", ["text"] = word }));
            }
        }

        await reply.Event("content_block_stop", new JsonObject { ["index"] = 0 });
        await reply.Event("message_delta", new JsonObject
        {
            ["delta"] = new JsonObject { ["stop_reason"] = stop, ["stop_sequence"] = null },
            ["usage"] = new JsonObject { ["output_tokens"] = 5 },
        });
        await reply.Event("message_stop", []);
    }

    private static JsonObject Delta(JsonObject delta) => new() { ["index"] = 0, ["delta"] = delta };

    private static (string UserText, bool ToolHasRun) NewestTurn(JsonArray messages)
    {
        var text = "";
        var toolHasRun = false;
        foreach (var message in messages)
        {
            var role = (string?)message!["role"];
            if (role == "assistant")
            {
                (text, toolHasRun) = ("", false);
            }

            // Claude also puts a system message about its surroundings after the prompt.
            if (role != "user")
            {
                continue;
            }

            var parts = message["content"] is JsonArray several
                ? [.. several.Select(p => ((string?)p!["type"], (string?)p["text"] ?? ""))]
                : new List<(string? Type, string Text)> { ("text", (string?)message["content"] ?? "") };
            if (parts.Any(p => p.Type == "tool_result"))
            {
                toolHasRun = true;
                continue;
            }

            var said = string.Join('\n', parts.Where(p => p.Type == "text" && !p.Text.StartsWith("<system-reminder>", StringComparison.Ordinal)).Select(p => p.Text));
            if (!string.IsNullOrWhiteSpace(said))
            {
                (text, toolHasRun) = (Directives.Newer(text, said), false);
            }
        }

        return (text, toolHasRun);
    }
}
