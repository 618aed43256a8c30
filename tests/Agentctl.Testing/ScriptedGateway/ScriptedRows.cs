using System.Text.Json.Nodes;

namespace Agentctl.Testing;

/// <summary>Rows as OpenClaw 2026.9.6 lists them, cut to the fields that matter.</summary>
public static class ScriptedRows
{
    public const long Now = 1_795_243_847_162;

    public static JsonObject Chat(string name, bool isRunning = false, string? status = "done", string? sessionId = null) => With(
        Base($"agent:main:{name}", sessionId ?? $"session-of-{name}", isRunning), status, "direct", "operator", name);

    /// <summary>A cron or hook session: once its run has ended, no run field is left.</summary>
    public static JsonObject Cron(string job, string sessionId, bool isRunning = false)
    {
        var row = With(Base($"agent:main:cron:{job}", sessionId, isRunning), isRunning ? "running" : null, "cron", "cron", null);
        row["isBackground"] = true;
        row["systemSent"] = true;
        row["inputTokens"] = 10;
        row["outputTokens"] = 5;
        return row;
    }

    /// <summary>A session that was created and never spoken to.</summary>
    public static JsonObject NeverRun(string name) => With(Base($"agent:main:dashboard:{name}", $"session-of-{name}", isRunning: false), null, "dashboard", "operator", name);

    private static JsonObject Base(string key, string sessionId, bool isRunning)
    {
        var row = new JsonObject
        {
            ["key"] = key,
            ["sessionId"] = sessionId,
            ["agentId"] = "main",
            ["kind"] = "direct",
            ["createdAt"] = Now - 60_000,
            ["updatedAt"] = Now,
            ["modelProvider"] = "fake",
            ["model"] = "fake-model",
            ["snapshotAt"] = Now + 5,
            ["hasActiveRun"] = isRunning,
        };
        if (!isRunning)
        {
            row["activeRunIds"] = new JsonArray();
        }

        return row;
    }

    private static JsonObject With(JsonObject row, string? status, string classification, string createdVia, string? label)
    {
        row["classification"] = classification;
        row["createdVia"] = createdVia;
        if (status is not null)
        {
            row["status"] = status;
            row["startedAt"] = Now - 5_000;
        }

        if (status is not (null or "running"))
        {
            row["endedAt"] = Now - 1_000;
        }

        if (label is not null)
        {
            row["label"] = label;
            row["derivedTitle"] = label;
        }

        return row;
    }
}
