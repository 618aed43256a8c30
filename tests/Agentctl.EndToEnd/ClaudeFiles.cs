using System.Text.Json.Nodes;
using Agentctl.Testing;

namespace Agentctl.EndToEnd;

/// <summary>Writes what Claude Code writes, for tests that need many sessions or broken ones; RealAgents has the real one.</summary>
internal sealed class ClaudeFiles(Sandbox sandbox)
{
    /// <summary>An ended session, as its transcript shows it.</summary>
    public string Transcript(string id, string prompt, string folder = "-work")
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-5).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
        var user = Line(id, at, "user", new JsonObject { ["role"] = "user", ["content"] = prompt });
        var answer = Line(id, at, "assistant", new JsonObject
        {
            ["id"] = "msg_" + id[..8],
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = "claude-fake",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = "answer to " + prompt }),
            ["stop_reason"] = "end_turn",
            ["usage"] = new JsonObject { ["input_tokens"] = 10, ["cache_creation_input_tokens"] = 0, ["cache_read_input_tokens"] = 0, ["output_tokens"] = 5 },
        });
        return sandbox.HomeFile($".claude/projects/{folder}/{id}.jsonl", user + answer);
    }

    /// <summary>One more thing the user says.</summary>
    public void Append(string transcript, string id, string text) =>
        File.AppendAllText(transcript, Line(id, DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"), "user", new JsonObject { ["role"] = "user", ["content"] = text }));

    /// <summary>What a living Claude writes about its own process: <c>~/.claude/sessions/&lt;pid&gt;.json</c>.</summary>
    public string Registry(ProcessStat process, string id, string status)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        return sandbox.HomeFile($".claude/sessions/{process.Pid}.json", new JsonObject
        {
            ["pid"] = process.Pid,
            ["sessionId"] = id,
            ["cwd"] = sandbox.Work,
            ["startedAt"] = now,
            ["procStart"] = process.StartTicks.ToString(),
            ["version"] = "2.1.329",
            ["kind"] = "interactive",
            ["entrypoint"] = "cli",
            ["status"] = status,
            ["updatedAt"] = now,
            ["statusUpdatedAt"] = now,
        }.ToJsonString());
    }

    private string Line(string id, string at, string type, JsonObject message) => new JsonObject
    {
        ["parentUuid"] = null,
        ["isSidechain"] = false,
        ["type"] = type,
        ["message"] = message,
        ["uuid"] = Guid.NewGuid().ToString(),
        ["timestamp"] = at,
        ["userType"] = "external",
        ["entrypoint"] = "cli",
        ["cwd"] = sandbox.Work,
        ["sessionId"] = id,
        ["version"] = "2.1.329",
        ["gitBranch"] = "main",
    }.ToJsonString() + "\n";
}
