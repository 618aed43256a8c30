using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>The newest turn of a thread.</summary>
/// <param name="Record">The record's name as evidence shows it: <c>task_started</c>.</param>
/// <param name="At">When that record was written.</param>
/// <param name="Trigger">Who began it, on a started turn: <c>exec</c>, <c>user</c>.</param>
internal sealed record NewestTurn(Signal Signal, string Record, string? TurnId, DateTimeOffset At, string? Trigger = null, string? Detail = null);

/// <summary>A tool call of the model without a result so far.</summary>
internal sealed record OpenCall(string Tool, bool NeedsApproval, DateTimeOffset? At);

/// <summary>What the end of a rollout says: the newest turn, the running total of tokens, when it last grew.</summary>
internal sealed record RolloutTail
{
    /// <summary>How far back the newest turn is looked for; further back the database answers.</summary>
    public const int LimitBytes = 1024 * 1024;

    /// <summary>How much further back the running total and the model are looked for once the turn is known: about the block that was read anyway.</summary>
    private const int FurtherBytes = 64 * 1024;

    /// <summary>How many of the newest conversation items are looked at for a call without a result.</summary>
    private const int NewestItems = 16;

    public NewestTurn? Turn { get; init; }
    public TokenUsage? Tokens { get; init; }
    public DateTimeOffset? LastAt { get; init; }
    public string? Model { get; init; }

    /// <summary>Where the newest turn works, unless it is a turn of a parent.</summary>
    public string? Cwd { get; init; }
    public OpenCall? Open { get; init; }

    /// <summary>Everything was looked at: when there is no turn here, there is none.</summary>
    public bool Whole { get; init; }

    /// <summary>Records were there and none could be read as one.</summary>
    public bool Garbage { get; init; }

    public static RolloutTail Read(string path, string id, DamagedRecords damaged) => From(JsonLines.Backward(path), id, damaged);

    /// <param name="lines">Newest first.</param>
    /// <param name="id">The thread's.</param>
    public static RolloutTail From(IEnumerable<JsonLine> lines, string id, DamagedRecords damaged)
    {
        var tail = new RolloutTail { Whole = true };
        var answered = new HashSet<string>();
        var items = 0;
        var readable = 0;
        long? end = null;
        long? turnAt = null;
        foreach (var (line, record) in RolloutRecord.In(lines.Within(LimitBytes, () => tail = tail with { Whole = false }), damaged, newestFirst: true))
        {
            end ??= line.End;
            if (turnAt is { } known && ((tail.Tokens is not null && tail.Model is not null) || known - line.Start > FurtherBytes))
            {
                tail = tail with { Whole = false };
                break;
            }

            readable++;
            tail = tail with { LastAt = tail.LastAt ?? record.At };
            switch (record.Kind)
            {
                case RecordKind.TurnStarted or RecordKind.TurnComplete or RecordKind.TurnAborted when tail.Turn is null:
                    tail = tail with { Turn = TurnOf(record) };
                    turnAt = line.Start;
                    break;
                case RecordKind.TokenUsage or RecordKind.TokenCount when tail.Tokens is null:
                    tail = tail with { Tokens = record.Payload() is { } usage ? TotalOf(record.Kind, usage) : null };
                    break;
                case RecordKind.TurnContext when tail.Model is null:
                    var context = record.Payload() ?? default;
                    tail = tail with
                    {
                        Model = SharedText.Of(context.Text("model")),
                        Cwd = tail.Cwd ?? (RolloutName.IsTurnOf(id, context.Text("turn_id")) ? SharedText.Of(context.Text("cwd")) : null),
                    };
                    break;
                case RecordKind.ResponseItem when tail.Turn is null && tail.Open is null && items++ < NewestItems && record.Payload() is { } item:
                    tail = tail with { Open = CallOf(item, answered, record.At) };
                    items = item.Text("type") == "message" ? NewestItems : items;
                    break;
            }
        }

        return tail with { Garbage = readable == 0 && damaged.Count > 0 };
    }

    // {"type":"task_started","turn_attribution":{"turn_trigger":"exec",…},"turn_id":"01a1…","started_at":1795243622,…}
    // {"type":"task_complete","turn_id":"01a1…","last_agent_message":null,"error":{"message":"…","codex_error_info":"…"},…}
    // {"type":"turn_aborted","turn_id":"01a1…","reason":"interrupted",…}
    private static NewestTurn TurnOf(RolloutRecord record)
    {
        var payload = record.Payload() ?? default;
        var id = payload.Text("turn_id");
        var at = record.At ?? DateTimeOffset.UnixEpoch;
        return record.Kind switch
        {
            RecordKind.TurnStarted => new(Signal.Busy, payload.Text("type") ?? "task_started", id, at, payload.Member("turn_attribution")?.Text("turn_trigger")),
            RecordKind.TurnAborted => new(Signal.Aborted, "turn_aborted", id, at, Detail: payload.Text("reason")),
            _ when payload.Member("error") is { } error => new(Signal.Failed, payload.Text("type") ?? "task_complete", id, at, Detail: error.Text("message") ?? "an error"),
            _ => new(Signal.Done, payload.Text("type") ?? "task_complete", id, at),
        };
    }

    /// <summary>The thread's running total. Codex counts cached tokens within the input; here they stand apart.</summary>
    public static TokenUsage? TotalOf(RecordKind kind, JsonElement payload)
    {
        // {"type":"token_usage_record","payload":{…,"thread_token_usage":{"input_tokens":20,"cached_input_tokens":0,"cache_write_input_tokens":0,"output_tokens":10,…}}}
        // {"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{…},…},…}}; info is null before the first answer.
        var total = kind == RecordKind.TokenUsage ? payload.Member("thread_token_usage") : payload.Member("info")?.Member("total_token_usage");
        return total is { } usage ? Usage(usage) : null;
    }

    public static TokenUsage Usage(JsonElement usage)
    {
        var parts = TokenUsage.Recorded(0, 0, usage.Whole("cached_input_tokens"), usage.Whole("cache_write_input_tokens"));
        var (cached, written) = (parts.CacheRead, parts.CacheWrite);
        return TokenUsage.Recorded(Math.Max(0, (usage.Whole("input_tokens") ?? 0) - cached - written), usage.Whole("output_tokens"), cached, written);
    }

    // {"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"…\",\"sandbox_permissions\":\"require_escalated\",…}","call_id":"call_…",…}
    // {"type":"function_call_output","call_id":"call_…","output":"…"}
    private static OpenCall? CallOf(JsonElement item, HashSet<string> answered, DateTimeOffset? at)
    {
        if (item.Text("call_id") is not { } id)
        {
            return null;
        }

        if (item.Text("type")?.EndsWith("_output", StringComparison.Ordinal) == true)
        {
            answered.Add(id);
            return null;
        }

        return answered.Contains(id)
            ? null
            : new OpenCall(item.Text("name") ?? item.Text("type") ?? "", item.Text("arguments")?.Contains("require_escalated", StringComparison.Ordinal) == true, at);
    }
}
