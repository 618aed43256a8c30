using System.Text.Json.Nodes;

namespace Agentctl.FakeModel;

/// <summary>A tool an agent offers to the model.</summary>
public sealed record OfferedTool(string Name, JsonObject? Schema);

/// <summary>A call of one of the agent's tools.</summary>
public sealed record ToolCall(string Name, JsonObject Arguments);

/// <summary>How one request is answered, whatever the wire format.</summary>
public sealed record ModelPlan(TimeSpan Sleep, string? Hold, ToolCall? Call, string Text, int? Fail)
{
    private const string Hello = "hello from fake model";

    /// <summary>Claude Bash, OpenCode and Pi bash, Codex exec_command, Gemini run_shell_command, OpenClaw exec.</summary>
    private static readonly string[] ShellNames = ["Bash", "bash", "exec_command", "shell_command", "shell", "local_shell", "run_shell_command", "exec"];

    /// <param name="userText">The user's text of the newest turn.</param>
    /// <param name="toolHasRun">The turn already carries a tool's result.</param>
    /// <param name="answerSchema">The shape the answer must have, where the agent demands one.</param>
    public static ModelPlan For(string userText, bool toolHasRun, IReadOnlyList<OfferedTool> tools, JsonNode? answerSchema)
    {
        var asked = Directives.In(userText);
        var text = asked.Say ?? Hello;
        if (answerSchema is not null)
        {
            return AtOnce(Smallest(answerSchema)?.ToJsonString() ?? "null");
        }

        // Requests without tools are titles and summaries: they must not sleep with the turn they are about.
        if (tools.Count == 0)
        {
            return AtOnce(text);
        }

        return toolHasRun
            ? AtOnce(text) with { Fail = asked.Fail }
            : new ModelPlan(asked.Sleep, asked.Hold, asked.Run is { } command ? CallShell(tools, command) : asked.Call is { } name ? CallNamed(tools, name) : null, text, asked.Fail);
    }

    /// <summary>The text in pieces that together give it again.</summary>
    public IEnumerable<string> Words()
    {
        for (var start = 0; start < Text.Length;)
        {
            var blank = Text.IndexOf(' ', start);
            var end = blank < 0 ? Text.Length : blank + 1;
            yield return Text[start..end];
            start = end;
        }
    }

    private static ModelPlan AtOnce(string text) => new(TimeSpan.Zero, null, null, text, null);

    private static ToolCall? CallShell(IReadOnlyList<OfferedTool> tools, string command)
    {
        if (ShellNames.Select(name => tools.FirstOrDefault(t => t.Name == name)).FirstOrDefault(t => t is not null) is not { } tool)
        {
            return null;
        }

        var properties = tool.Schema?["properties"] as JsonObject;
        var arguments = new JsonObject();
        if (properties?["cmd"] is not null)
        {
            arguments["cmd"] = command;
        }
        else
        {
            arguments["command"] = TypeOf(properties?["command"]) == "array" ? new JsonArray("bash", "-lc", command) : command;
        }

        foreach (var name in (tool.Schema?["required"] as JsonArray ?? []).Select(n => (string)n!).Where(n => !arguments.ContainsKey(n)))
        {
            arguments[name] = TypeOf(properties?[name]) switch
            {
                "boolean" => false,
                "number" or "integer" => 60000,
                _ => "fake",
            };
        }

        return new ToolCall(tool.Name, arguments);
    }

    private static ToolCall? CallNamed(IReadOnlyList<OfferedTool> tools, string name) =>
        tools.FirstOrDefault(tool => tool.Name.EndsWith(name, StringComparison.Ordinal)) is { } tool ? new ToolCall(tool.Name, []) : null;

    private static JsonNode? Smallest(JsonNode? schema)
    {
        if (schema is not JsonObject)
        {
            return null;
        }

        if (schema["enum"] is JsonArray { Count: > 0 } values)
        {
            return values[0]?.DeepClone();
        }

        if (schema["const"] is { } constant)
        {
            return constant.DeepClone();
        }

        if (schema["anyOf"] is JsonArray { Count: > 0 } choices)
        {
            return Smallest(choices[0]);
        }

        switch (TypeOf(schema) ?? "object")
        {
            case "object":
                var properties = schema["properties"] as JsonObject;
                var names = (schema["required"] as JsonArray)?.Select(n => (string)n!) ?? properties?.Select(p => p.Key) ?? [];
                return new JsonObject(names.Select(n => KeyValuePair.Create(n, Smallest(properties?[n]))));
            case "array": return new JsonArray();
            case "number" or "integer": return 1;
            case "boolean": return false;
            default: return Hello;
        }
    }

    private static string? TypeOf(JsonNode? schema) => schema?["type"] switch
    {
        JsonArray { Count: > 0 } several => (string?)several[0],
        JsonValue one => (string?)one,
        _ => null,
    };
}
