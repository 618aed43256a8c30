using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary><c>POST …/models/x:generateContent</c> and <c>:streamGenerateContent</c>, what the Gemini CLI speaks.</summary>
public static class GeminiContent
{
    public static async Task Answer(JsonObject request, bool isStream, Reply reply)
    {
        var (userText, toolHasRun) = NewestTurn(request["contents"] as JsonArray ?? []);
        var tools = (request["tools"] as JsonArray ?? [])
            .SelectMany(static offered => offered!["functionDeclarations"] as JsonArray ?? [])
            .Select(static tool => new OfferedTool((string?)tool!["name"] ?? "", (tool["parametersJsonSchema"] ?? tool["parameters"]) as JsonObject)).ToList();
        var shape = request["generationConfig"];
        var plan = ModelPlan.For(userText, toolHasRun, tools, shape?["responseJsonSchema"] ?? shape?["responseSchema"]);
        if (plan.Fail is { } code)
        {
            await reply.Json(code, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = "fake failure", ["status"] = "INTERNAL" } });
            return;
        }

        var part = plan.Call is { } call
            ? new JsonObject { ["functionCall"] = new JsonObject { ["id"] = Reply.NewId("fc"), ["name"] = call.Name, ["args"] = call.Arguments } }
            : new JsonObject { ["text"] = plan.Text };
        var answer = new JsonObject
        {
            ["candidates"] = new JsonArray(new JsonObject
            {
                ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(part) },
                ["finishReason"] = "STOP",
                ["index"] = 0,
            }),
            ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = 10, ["candidatesTokenCount"] = 5, ["totalTokenCount"] = 15 },
            ["modelVersion"] = "fake",
        };
        if (!isStream)
        {
            await reply.Pause(plan, null);
            await reply.Json(200, answer);
            return;
        }

        // Its parser takes no comments in a stream, so nothing is sent while it waits.
        reply.BeginStream();
        await reply.Pause(plan, null);
        await reply.Data(answer.ToJsonString());
    }

    private static (string UserText, bool ToolHasRun) NewestTurn(JsonArray contents)
    {
        var (text, toolHasRun) = ("", false);
        foreach (var content in contents)
        {
            var parts = content!["parts"] as JsonArray ?? [];
            if ((string?)content["role"] == "model")
            {
                (text, toolHasRun) = ("", false);
            }
            else if (parts.Any(static part => part!["functionResponse"] is not null))
            {
                toolHasRun = true;
            }
            else if (string.Join('\n', parts.Select(static part => (string?)part!["text"] ?? "").Where(static said => !said.StartsWith("<session_context>", StringComparison.Ordinal))) is var said
                && !string.IsNullOrWhiteSpace(said))
            {
                (text, toolHasRun) = (Directives.Newer(text, said), false);
            }
        }

        return (text, toolHasRun);
    }
}
