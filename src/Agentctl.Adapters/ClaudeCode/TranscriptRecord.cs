using System.Diagnostics;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

internal enum RecordKind
{
    /// <summary>Bookkeeping, or a type of a newer version.</summary>
    Other,
    User,
    Assistant,
    System,
    Attachment,
    QueueOperation,
    CostState,
    LastPrompt,
    AiTitle,
    CustomTitle,
    Summary,
}

/// <summary>
/// One line of a transcript, read no deeper than needed. Conversation records begin with <c>{"parentUuid":…</c>, bookkeeping
/// with <c>{"type":…</c>:
/// <code>
/// {"parentUuid":null,"isSidechain":false,"promptId":"72d9…","type":"user","message":{"role":"user","content":"SLEEP 60"},"uuid":"…",
///  "timestamp":"2026-11-21T01:21:28.434Z","turnPosition":{"promptIndex":0,"turnIndex":1},"entrypoint":"sdk-cli","cwd":"/home/dev/proj",
///  "sessionId":"2d90595b-…","version":"2.1.329","gitBranch":"master"}
/// {"type":"last-prompt","lastPrompt":"SLEEP 60","sessionId":"2d90595b-…"}
/// </code>
/// </summary>
internal readonly struct TranscriptRecord
{
    public RecordKind Kind { get; private init; }
    public DateTimeOffset? At { get; private init; }
    public bool IsMeta { get; private init; }
    public bool IsSidechain { get; private init; }
    public bool IsApiError { get; private init; }

    /// <summary>What Claude tells itself after it compacted a conversation; nobody said it.</summary>
    public bool IsCompactSummary { get; private init; }

    /// <summary>This record begins a turn or takes part in its beginning (since 2.1.3xx).</summary>
    public bool HasTurnPosition { get; private init; }

    private ReadOnlyMemory<byte> Line { get; init; }

    /// <summary>The directory as it stands in the record, with its quotes; most records are never asked for it.</summary>
    private ReadOnlyMemory<byte> QuotedCwd { get; init; }

    public string? Cwd
    {
        get
        {
            var reader = ForeignJson.Reader(QuotedCwd.Span);
            return !QuotedCwd.IsEmpty && reader.Read() ? reader.GetString() : null;
        }
    }

    /// <summary>Parses the record's fields; the caller disposes.</summary>
    public JsonDocument Open() => ForeignJson.TryOpen(Line, out _) ?? throw new UnreachableException("a record that was read to its end cannot be parsed");

    /// <summary>The records of a transcript, in the order of its lines.</summary>
    public static IEnumerable<(JsonLine Line, TranscriptRecord Record)> In(IEnumerable<JsonLine> lines, DamagedRecords damaged, bool newestFirst = false) =>
        ForeignRecords.Read(lines, Parse, damaged, newestFirst);

    /// <summary>Null when the line is not exactly one JSON object.</summary>
    /// <param name="line">Clean (<see cref="ForeignJson.Clean"/>).</param>
    public static TranscriptRecord? Parse(ReadOnlyMemory<byte> line)
    {
        // The bulk of a transcript: copies of requests, up to 70 KB a line. Only one that was cut can have a message behind it.
        if ((line.Span.StartsWith("{\"type\":\"api-request"u8) || line.Span.StartsWith("{\"type\":\"atis-latch"u8)) && line.Span.IndexOf("{\"parentUuid\":"u8) < 0)
        {
            return new TranscriptRecord { Line = line };
        }

        try
        {
            return Read(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TranscriptRecord Read(ReadOnlyMemory<byte> line)
    {
        var reader = ForeignJson.Reader(line.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        var kind = RecordKind.Other;
        DateTimeOffset? at = null;
        var cwd = ReadOnlyMemory<byte>.Empty;
        bool meta = false, sidechain = false, apiError = false, compact = false, turnPosition = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                kind = KindOf(ref reader);
            }
            else if (reader.ValueTextEquals("timestamp"u8))
            {
                reader.Read();
                at = reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? ForeignTime.Within(time) : at;
            }
            else if (reader.ValueTextEquals("cwd"u8))
            {
                reader.Read();
                cwd = reader.TokenType == JsonTokenType.String ? line[(int)reader.TokenStartIndex..(int)reader.BytesConsumed] : cwd;
            }
            else if (reader.ValueTextEquals("isMeta"u8))
            {
                meta = IsTrue(ref reader);
            }
            else if (reader.ValueTextEquals("isSidechain"u8))
            {
                sidechain = IsTrue(ref reader);
            }
            else if (reader.ValueTextEquals("isApiErrorMessage"u8))
            {
                apiError = IsTrue(ref reader);
            }
            else if (reader.ValueTextEquals("isCompactSummary"u8))
            {
                compact = IsTrue(ref reader);
            }
            else
            {
                turnPosition |= reader.ValueTextEquals("turnPosition"u8);
                reader.Read();
            }

            reader.Skip();
        }

        // To the end: what follows the object makes the line a damaged one.
        if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
        {
            throw new JsonException();
        }

        return new TranscriptRecord
        {
            Kind = kind, At = at, IsMeta = meta, IsSidechain = sidechain, IsApiError = apiError, IsCompactSummary = compact,
            HasTurnPosition = turnPosition, Line = line, QuotedCwd = cwd,
        };
    }

    private static bool IsTrue(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.True;

    private static RecordKind KindOf(ref Utf8JsonReader reader) => reader.TokenType != JsonTokenType.String ? RecordKind.Other
        : reader.ValueTextEquals("user"u8) ? RecordKind.User
        : reader.ValueTextEquals("assistant"u8) ? RecordKind.Assistant
        : reader.ValueTextEquals("attachment"u8) ? RecordKind.Attachment
        : reader.ValueTextEquals("system"u8) ? RecordKind.System
        : reader.ValueTextEquals("queue-operation"u8) ? RecordKind.QueueOperation
        : reader.ValueTextEquals("cost-state"u8) ? RecordKind.CostState
        : reader.ValueTextEquals("last-prompt"u8) ? RecordKind.LastPrompt
        : reader.ValueTextEquals("ai-title"u8) ? RecordKind.AiTitle
        : reader.ValueTextEquals("custom-title"u8) ? RecordKind.CustomTitle
        : reader.ValueTextEquals("summary"u8) ? RecordKind.Summary
        : RecordKind.Other;
}
