using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary><c>POST /v1/chat/completions</c>, what OpenClaw speaks.</summary>
public static class OpenAiChat
{
    public static async Task Answer(JsonObject request, Reply reply)
    {
        var (userText, toolHasRun) = NewestTurn(request["messages"] as JsonArray ?? []);
        var tools = (request["tools"] as JsonArray ?? [])
            .Select(t => new OfferedTool((string?)t!["function"]?["name"] ?? "", t["function"]?["parameters"] as JsonObject)).ToList();
        var plan = ModelPlan.For(userText, toolHasRun, tools, request["response_format"]?["json_schema"]?["schema"]);
        if (plan.Fail is { } code)
        {
            await reply.Json(code, new JsonObject { ["error"] = new JsonObject { ["message"] = "fake failure", ["type"] = "server_error" } });
            return;
        }

        var id = Reply.NewId("chatcmpl");
        var calls = plan.Call is { } call
            ? new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["id"] = Reply.NewId("call"),
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = call.Arguments.ToJsonString() },
            })
            : null;
        var finish = calls is null ? "stop" : "tool_calls";
        if ((bool?)request["stream"] != true)
        {
            await reply.Pause(plan, null);
            var message = new JsonObject { ["role"] = "assistant", ["content"] = calls is null ? plan.Text : null };
            if (calls is not null)
            {
                message["tool_calls"] = calls;
            }

            var whole = Frame("chat.completion", new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finish }));
            whole["usage"] = Usage();
            await reply.Json(200, whole);
            return;
        }

        reply.BeginStream();
        await Send(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null);
        await reply.Pause(plan, ": ping\n\n");
        if (calls is not null)
        {
            await Send(new JsonObject { ["tool_calls"] = calls }, null);
        }
        else
        {
            foreach (var word in plan.Words())
            {
                await Send(new JsonObject { ["content"] = word }, null);
            }
        }

        await Send([], finish);
        var last = Frame("chat.completion.chunk", []);
        last["usage"] = Usage();
        await reply.Data(last.ToJsonString());
        await reply.Data("[DONE]");

        Task Send(JsonObject delta, string? reason) => reply.Data(Frame(
            "chat.completion.chunk",
            new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = reason })).ToJsonString());

        JsonObject Frame(string kind, JsonArray choices) => new()
        {
            ["id"] = id,
            ["created"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["model"] = request["model"]?.DeepClone(),
            ["object"] = kind,
            ["choices"] = choices,
        };
    }

    private static JsonObject Usage() => new() { ["prompt_tokens"] = 10, ["completion_tokens"] = 5, ["total_tokens"] = 15 };

    private static (string UserText, bool ToolHasRun) NewestTurn(JsonArray messages)
    {
        var text = "";
        var toolHasRun = false;
        foreach (var message in messages)
        {
            switch ((string?)message!["role"])
            {
                case "tool":
                    toolHasRun = true;
                    break;
                case "user":
                    (text, toolHasRun) = (Directives.Newer(text, Texts.Of(message["content"])), false);
                    break;
                case "assistant":
                    (text, toolHasRun) = ("", false);
                    break;
            }
        }

        return (text, toolHasRun);
    }
}
