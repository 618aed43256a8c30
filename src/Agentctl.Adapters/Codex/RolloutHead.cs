using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>What the start of a rollout says of the thread. It does not change any more once the first prompt is there.</summary>
internal sealed record RolloutHead
{
    /// <summary>session_meta carries the system prompt (22 KB), then come instructions; the first prompt stood at 31 KB in 0.169.</summary>
    private const int LimitBytes = 512 * 1024;

    public DateTimeOffset? StartedAt { get; init; }
    public string? Cwd { get; init; }
    public string? Originator { get; init; }
    public string? Version { get; init; }

    /// <summary><c>exec</c>, <c>vscode</c>, <c>cli</c>, <c>mcp</c>; <c>subagent</c> for threads that an agent spawned.</summary>
    public string? Source { get; init; }

    /// <summary>The thread this one was forked from or spawned by.</summary>
    public string? Parent { get; init; }

    /// <summary>The name Codex gave an agent that another agent spawned: "Aristotle".</summary>
    public string? AgentName { get; init; }

    public string? Model { get; init; }
    public string? Prompt { get; init; }

    public static RolloutHead Read(string path) => From(JsonLines.Head(path, LimitBytes));

    public static RolloutHead From(IEnumerable<JsonLine> lines)
    {
        var head = new RolloutHead();
        var metaSeen = false;
        foreach (var line in lines)
        {
            if (!RolloutRecord.TryRead(line.Bytes, out var record) || record.Kind is RecordKind.Other || record.Payload() is not { } payload)
            {
                continue;
            }

            switch (record.Kind)
            {
                // The first one only: old cores copied the parent's records, its session_meta among them, into a fork.
                case RecordKind.SessionMeta when !metaSeen:
                    metaSeen = true;
                    head = head.WithMeta(payload, record.At);
                    break;
                case RecordKind.TurnContext:
                    head = head with { Model = head.Model ?? SharedText.Of(payload.Text("model")) };
                    break;
                default:
                    head = head with { Prompt = head.Prompt ?? UserText.Of(record.Kind, payload) };
                    break;
            }

            if (metaSeen && head.Model is not null && head.Prompt is not null)
            {
                break;
            }
        }

        return head;
    }

    // {"type":"session_meta","payload":{"session_id":"01a1…","id":"01a1…","forked_from_id":"01a1…","timestamp":"2026-11-21T06:48:35.664Z",
    //  "cwd":"/home/dev/proj","originator":"codex_exec","cli_version":"0.169.0","source":"exec","history_base":{"thread_id":"01a1…",…},…}}
    // A spawned agent: "parent_thread_id":"01a1…","agent_nickname":"Aristotle","source":{"subagent":{"thread_spawn":{"parent_thread_id":"01a1…","depth":1,…}}}
    private RolloutHead WithMeta(JsonElement meta, DateTimeOffset? at) => this with
    {
        StartedAt = RolloutRecord.Time(meta.Text("timestamp")) ?? at,
        Cwd = SharedText.Of(meta.Text("cwd")),
        Originator = SharedText.Of(meta.Text("originator")),
        Version = SharedText.Of(meta.Text("cli_version")),
        Source = meta.Text("source") ?? meta.Member("source")?.EnumerateObject().Select(kind => kind.Name).FirstOrDefault(),
        AgentName = meta.Text("agent_nickname"),
        Parent = meta.Text("forked_from_id")
            ?? meta.Member("history_base")?.Text("thread_id")
            ?? meta.Text("parent_thread_id")
            ?? meta.Member("source")?.Member("subagent")?.Member("thread_spawn")?.Text("parent_thread_id"),
    };
}
