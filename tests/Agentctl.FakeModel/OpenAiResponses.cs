using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary><c>POST /v1/responses</c>, what Codex speaks.</summary>
public static class OpenAiResponses
{
    public static async Task Answer(JsonObject request, Reply reply)
    {
        var (userText, toolHasRun) = NewestTurn(request["input"]);
        var tools = (request["tools"] as JsonArray ?? [])
            .Select(t => new OfferedTool((string?)t!["name"] ?? (string?)t["type"] ?? "", t["parameters"] as JsonObject)).ToList();
        var plan = ModelPlan.For(userText, toolHasRun, tools, request["text"]?["format"]?["schema"]);
        if (plan.Fail is { } code)
        {
            await reply.Json(code, new JsonObject { ["error"] = new JsonObject { ["message"] = "fake failure", ["type"] = "server_error", ["code"] = null } });
            return;
        }

        var response = new JsonObject
        {
            ["id"] = Reply.NewId("resp"),
            ["object"] = "response",
            ["created_at"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["status"] = "in_progress",
            ["model"] = request["model"]?.DeepClone(),
            ["output"] = new JsonArray(),
        };
        var item = plan.Call is { } call ? CallItem(call) : MessageItem(plan.Text);
        var done = (JsonObject)response.DeepClone();
        done["status"] = "completed";
        done["output"] = new JsonArray(item.DeepClone());
        done["usage"] = new JsonObject
        {
            ["input_tokens"] = 10,
            ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
            ["output_tokens"] = 5,
            ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
            ["total_tokens"] = 15,
        };
        if ((bool?)request["stream"] != true)
        {
            await reply.Pause(plan, null);
            await reply.Json(200, done);
            return;
        }

        await Stream(plan, item, response, done, reply);
    }

    private static async Task Stream(ModelPlan plan, JsonObject item, JsonObject response, JsonObject done, Reply reply)
    {
        var number = 0;
        reply.BeginStream();
        await Send("response.created", new JsonObject { ["response"] = response.DeepClone() });
        await Send("response.in_progress", new JsonObject { ["response"] = response.DeepClone() });
        await reply.Pause(plan, ": ping\n\n");
        var id = (string)item["id"]!;
        var begun = (JsonObject)item.DeepClone();
        begun["status"] = "in_progress";
        begun[plan.Call is null ? "content" : "arguments"] = plan.Call is null ? new JsonArray() : "";
        await Send("response.output_item.added", new JsonObject { ["output_index"] = 0, ["item"] = begun });
        if (plan.Call is not null)
        {
            var arguments = (string)item["arguments"]!;
            await Send("response.function_call_arguments.delta", new JsonObject { ["item_id"] = id, ["output_index"] = 0, ["delta"] = arguments });
            await Send("response.function_call_arguments.done", new JsonObject { ["item_id"] = id, ["output_index"] = 0, ["name"] = plan.Call.Name, ["arguments"] = arguments });
        }
        else
        {
            await Send("response.content_part.added", Part(id, new JsonObject { ["part"] = new JsonObject { ["type"] = "output_text", ["text"] = "", ["annotations"] = new JsonArray() } }));
            foreach (var word in plan.Words())
            {
                await Send("response.output_text.delta", Part(id, new JsonObject { ["delta"] = word }));
            }

            await Send("response.output_text.done", Part(id, new JsonObject { ["text"] = plan.Text }));
            await Send("response.content_part.done", Part(id, new JsonObject { ["part"] = item["content"]![0]!.DeepClone() }));
        }

        await Send("response.output_item.done", new JsonObject { ["output_index"] = 0, ["item"] = item });
        await Send("response.completed", new JsonObject { ["response"] = done });

        Task Send(string type, JsonObject payload)
        {
            payload.Insert(0, "sequence_number", number++);
            return reply.Event(type, payload);
        }
    }

    private static JsonObject Part(string itemId, JsonObject rest)
    {
        rest["item_id"] = itemId;
        rest["output_index"] = 0;
        rest["content_index"] = 0;
        return rest;
    }

    private static JsonObject CallItem(ToolCall call) => new()
    {
        ["type"] = "function_call",
        ["id"] = Reply.NewId("fc"),
        ["call_id"] = Reply.NewId("call"),
        ["name"] = call.Name,
        ["arguments"] = call.Arguments.ToJsonString(),
        ["status"] = "completed",
    };

    private static JsonObject MessageItem(string text) => new()
    {
        ["type"] = "message",
        ["id"] = Reply.NewId("msg"),
        ["role"] = "assistant",
        ["status"] = "completed",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() }),
    };

    private static (string UserText, bool ToolHasRun) NewestTurn(JsonNode? input)
    {
        if (input is not JsonArray items)
        {
            return ((string?)input ?? "", false);
        }

        var text = "";
        var toolHasRun = false;
        foreach (var item in items)
        {
            if (((string?)item!["type"])?.EndsWith("_output", StringComparison.Ordinal) == true)
            {
                toolHasRun = true;
            }
            else if ((string?)item["role"] == "assistant")
            {
                (text, toolHasRun) = ("", false);
            }
            else if ((string?)item["role"] == "user" && Texts.Of(item["content"]) is var said
                && !said.TrimStart().StartsWith("<environment_context", StringComparison.Ordinal)
                && !said.TrimStart().StartsWith("<user_instructions", StringComparison.Ordinal))
            {
                (text, toolHasRun) = (Directives.Newer(text, said), false);
            }
        }

        return (text, toolHasRun);
    }
}
