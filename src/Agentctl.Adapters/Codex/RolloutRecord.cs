using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>The records of a rollout that something here is made of.</summary>
internal enum RecordKind
{
    Other,
    SessionMeta,
    TurnContext,
    TurnStarted,
    TurnComplete,
    TurnAborted,
    TokenUsage,
    TokenCount,
    UserMessage,
    ItemCompleted,
    ResponseItem,
    Compacted,
}

/// <summary>
/// One line of a rollout, of which only the frame was read:
/// <c>{"timestamp":"2026-11-21T06:47:02.616Z","ordinal":1,"type":"event_msg","payload":{"type":"task_started",…}}</c>
/// (cores before 0.14x write no ordinal). What the payload says is parsed on demand: it may be large.
/// </summary>
internal readonly struct RolloutRecord
{
    private readonly ReadOnlyMemory<byte> line;

    private RolloutRecord(RecordKind kind, DateTimeOffset? at, ReadOnlyMemory<byte> line)
    {
        Kind = kind;
        At = at;
        this.line = line;
    }

    public RecordKind Kind { get; }
    public DateTimeOffset? At { get; }

    /// <summary>The records of a rollout, in the order of its lines.</summary>
    public static IEnumerable<(JsonLine Line, RolloutRecord Record)> In(IEnumerable<JsonLine> lines, DamagedRecords damaged, bool newestFirst = false) =>
        ForeignRecords.Read(lines, static json => TryRead(json, out var record) ? record : (RolloutRecord?)null, damaged, newestFirst);

    /// <summary>Reads the frame; false when the line is not exactly one record (torn, overwritten, of an unknown shape).</summary>
    /// <param name="line">Clean (<see cref="ForeignJson.Clean"/>).</param>
    public static bool TryRead(ReadOnlyMemory<byte> line, out RolloutRecord record)
    {
        record = default;
        try
        {
            var reader = ForeignJson.Reader(line.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            DateTimeOffset? at = null;
            string? type = null;
            string? payloadType = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("timestamp"u8))
                {
                    reader.Read();
                    at = reader.TokenType == JsonTokenType.String ? Time(reader.GetString()) : null;
                }
                else if (reader.ValueTextEquals("type"u8))
                {
                    reader.Read();
                    type = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else if (reader.ValueTextEquals("payload"u8))
                {
                    payloadType = TypeInside(ref reader);
                    continue;
                }
                else
                {
                    reader.Read();
                }

                reader.Skip();
            }

            // To the end: what follows the object makes the line a damaged one.
            if (type is null || reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                return false;
            }

            record = new RolloutRecord(KindOf(type, payloadType), at, line);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The payload; null when there is none.</summary>
    public JsonElement? Payload() => ForeignJson.TryOpen(line, out _)?.RootElement.Member("payload") is { ValueKind: JsonValueKind.Object } payload ? payload : null;

    public static DateTimeOffset? Time(string? text) => ForeignTime.Parse(text);

    /// <summary>The payload's own type; the reader is behind the payload afterwards.</summary>
    private static string? TypeInside(ref Utf8JsonReader reader)
    {
        string? type = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = type is null && reader.ValueTextEquals("type"u8);
            reader.Read();
            type = isType && reader.TokenType == JsonTokenType.String ? reader.GetString() : type;
            reader.Skip();
        }

        return type;
    }

    private static RecordKind KindOf(string type, string? payloadType) => (type, payloadType) switch
    {
        ("session_meta", _) => RecordKind.SessionMeta,
        ("turn_context", _) => RecordKind.TurnContext,
        ("response_item", _) => RecordKind.ResponseItem,
        ("compacted", _) => RecordKind.Compacted,
        ("token_usage_record", _) => RecordKind.TokenUsage,
        ("event_msg", "task_started" or "turn_started") => RecordKind.TurnStarted,
        ("event_msg", "task_complete" or "turn_complete") => RecordKind.TurnComplete,
        ("event_msg", "turn_aborted") => RecordKind.TurnAborted,
        ("event_msg", "token_count") => RecordKind.TokenCount,
        ("event_msg", "user_message") => RecordKind.UserMessage,
        ("event_msg", "item_completed") => RecordKind.ItemCompleted,
        _ => RecordKind.Other,
    };
}
