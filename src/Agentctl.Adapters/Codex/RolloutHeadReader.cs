using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// Reads the start of one rollout. Codex copies the records of a parent into the file of a child, its session_meta, prompts, turns and
/// totals among them: only the session_meta with the file's own id describes the thread, and its own part begins at its first turn,
/// which is the first one whose id was made after the thread.
/// </summary>
internal sealed class RolloutHeadReader(string id)
{
    private RolloutHead head = new();
    private bool hasOwnMeta;
    private bool isOwnPart;
    private string? turnCwd;
    private string? repeatedPrompt;
    private RolloutRecord? repeatedTotal;

    public RolloutHead Read(IEnumerable<(JsonLine Line, RolloutRecord Record)> records)
    {
        foreach (var (_, record) in records)
        {
            if (record.Kind is not RecordKind.Other && record.Payload() is { } payload)
            {
                Take(record, payload);
                if (head is { Model: not null, Prompt: not null } && (hasOwnMeta || isOwnPart))
                {
                    break;
                }
            }
        }

        return head with
        {
            // A fork in which nothing was asked yet is about what its parent was asked.
            Prompt = head.Prompt ?? repeatedPrompt,
            Cwd = head.Cwd ?? SharedText.Of(turnCwd),
            Inherited = head.RepeatsParent && repeatedTotal is { } total && total.Payload() is { } usage ? RolloutTail.TotalOf(total.Kind, usage) : null,
        };
    }

    private void Take(in RolloutRecord record, JsonElement payload)
    {
        switch (record.Kind)
        {
            case RecordKind.SessionMeta when payload.Text("id") is { } of && !of.Equals(id, StringComparison.OrdinalIgnoreCase):
                head = head with { RepeatsParent = true };
                break;
            case RecordKind.SessionMeta when !hasOwnMeta:
                hasOwnMeta = true;
                head = WithMeta(payload, record.At);
                break;
            case RecordKind.TurnStarted:
                isOwnPart |= RolloutName.IsTurnOf(id, payload.Text("turn_id"));
                break;
            case RecordKind.TurnContext:
                head = head with { Model = head.Model ?? SharedText.Of(payload.Text("model")) };
                turnCwd ??= payload.Text("cwd");
                break;
            case RecordKind.TokenUsage or RecordKind.TokenCount:
                repeatedTotal = isOwnPart ? repeatedTotal : record;
                break;
            default:
                TakeText(PromptText.Of(UserText.Of(record.Kind, payload)));
                break;
        }
    }

    private void TakeText(string? said)
    {
        if (head.RepeatsParent && !isOwnPart)
        {
            repeatedPrompt ??= said;
        }
        else
        {
            head = head with { Prompt = head.Prompt ?? said };
        }
    }

    // {"type":"session_meta","payload":{"session_id":"01a1…","id":"01a1…","forked_from_id":"01a1…","timestamp":"2026-11-21T06:48:35.664Z",
    //  "cwd":"/home/dev/proj","originator":"codex_exec","cli_version":"0.169.0","source":"exec","history_base":{"thread_id":"01a1…",…},…}}
    // A spawned agent: "parent_thread_id":"01a1…","agent_nickname":"Aristotle","source":{"subagent":{"thread_spawn":{"parent_thread_id":"01a1…","depth":1,…}}}
    private RolloutHead WithMeta(JsonElement meta, DateTimeOffset? at) => head with
    {
        StartedAt = RolloutRecord.Time(meta.Text("timestamp")) ?? at,
        Cwd = SharedText.Of(meta.Text("cwd")),
        Originator = SharedText.Of(meta.Text("originator")),
        Version = SharedText.Of(meta.Text("cli_version")),
        Source = meta.Text("source") ?? (meta.Member("source") is { ValueKind: JsonValueKind.Object } kinds ? kinds.EnumerateObject().Select(static kind => kind.Name).FirstOrDefault() : null),
        AgentName = meta.Text("agent_nickname"),
        Parent = SessionIds.ValidOrNull(meta.Text("forked_from_id")
            ?? meta.Member("history_base")?.Text("thread_id")
            ?? meta.Text("parent_thread_id")
            ?? meta.Member("source")?.Member("subagent")?.Member("thread_spawn")?.Text("parent_thread_id")),
    };
}
