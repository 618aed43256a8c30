using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// The conversation in a rollout. Codex writes each message twice, as what the model saw (response_item) and as what the
/// interface showed (event_msg); entries are made of the former. The cursor is the offset behind the record's line.
/// </summary>
internal static class RolloutTranscript
{
    /// <summary>Compressed rollouts are read whole; more than this is refused.</summary>
    private const long DecompressedLimitBytes = 512L * 1024 * 1024;

    /// <exception cref="CannotLookException">The file is there and cannot be read.</exception>
    public static IEnumerable<TranscriptEntry> Read(string path, string shown, TranscriptRange range)
    {
        var lines = RolloutName.IsCompressed(path) ? Decompressed(path, shown) : null;
        if (range.Last is not { } last)
        {
            return Entries(RolloutRecord.In(lines?.Where(line => line.Start >= (range.After ?? 0)) ?? JsonLines.Forward(path, range.After ?? 0), new DamagedRecords())).Where(Wanted);
        }

        var needed = new Stack<(JsonLine, RolloutRecord)>();
        var unnamed = new Dictionary<string, string>();
        var entries = 0;
        foreach (var (line, record) in RolloutRecord.In(lines?.AsEnumerable().Reverse() ?? JsonLines.Backward(path), new DamagedRecords(), newestFirst: true))
        {
            if (entries >= last || line.Start < (range.After ?? 0))
            {
                break;
            }

            needed.Push((line, record));
            entries += EntryOf(line, record, unnamed) is { } entry && Wanted(entry) ? 1 : 0;
        }

        return Entries(needed).Where(Wanted);

        bool Wanted(TranscriptEntry entry) => range.Role is null || entry.Role == range.Role;
    }

    /// <summary>The newest running total, however far back it stands.</summary>
    /// <exception cref="CannotLookException">The file is there and cannot be read.</exception>
    public static TokenUsage? Total(string path, string shown, CancellationToken cancellationToken)
    {
        var lines = RolloutName.IsCompressed(path) ? Decompressed(path, shown).AsEnumerable().Reverse() : JsonLines.Backward(path);
        foreach (var (_, record) in RolloutRecord.In(lines, new DamagedRecords(), newestFirst: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (record.Kind is RecordKind.TokenUsage or RecordKind.TokenCount
                && record.Payload() is { } payload
                && RolloutTail.TotalOf(record.Kind, payload) is { } total)
            {
                return total;
            }
        }

        return null;
    }

    /// <summary>
    /// Gives an entry the usage that the next token_usage_record notes for it (it follows what the model answered), and a tool's
    /// result the name of its tool.
    /// </summary>
    private static IEnumerable<TranscriptEntry> Entries(IEnumerable<(JsonLine Line, RolloutRecord Record)> records)
    {
        var tools = new Dictionary<string, string>();
        TranscriptEntry? pending = null;
        foreach (var (line, record) in records)
        {
            if (pending is { Role: "assistant" or "tool", Tokens: null } && UsageIn(record) is { } usage)
            {
                pending = pending with { Tokens = usage };
            }

            if (EntryOf(line, record, tools) is { } entry)
            {
                if (pending is not null)
                {
                    yield return pending;
                }

                pending = entry;
            }
        }

        if (pending is not null)
        {
            yield return pending;
        }
    }

    // {"type":"token_usage_record","payload":{…,"usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":5,…},…}}
    private static TokenUsage? UsageIn(in RolloutRecord record) =>
        record.Kind == RecordKind.TokenUsage && record.Payload()?.Member("usage") is { } usage
            ? RolloutTail.Usage(usage)
            : null;

    /// <param name="tools">Call id to tool, of the calls seen so far.</param>
    private static TranscriptEntry? EntryOf(JsonLine line, in RolloutRecord record, Dictionary<string, string> tools)
    {
        if (record.Kind is not (RecordKind.ResponseItem or RecordKind.TurnComplete or RecordKind.TurnAborted or RecordKind.Compacted)
            || record.Payload() is not { } payload)
        {
            return null;
        }

        var (role, text, tool) = record.Kind switch
        {
            RecordKind.ResponseItem => Spoken(payload, tools),
            RecordKind.TurnAborted => ("system", $"turn aborted: {payload.Text("reason") ?? "no reason given"}", null),
            RecordKind.TurnComplete when payload.Member("error") is { } error => ("system", $"turn failed: {error.Text("message") ?? "no message"}", null),
            RecordKind.Compacted => ("system", NotEmpty(payload.Text("message")) ?? "conversation compacted", null),
            _ => default,
        };
        return role is null || string.IsNullOrWhiteSpace(text) ? null : new TranscriptEntry(role, text, tool, record.At, null, line.End);
    }

    private static (string? Role, string? Text, string? Tool) Spoken(JsonElement item, Dictionary<string, string> tools)
    {
        var call = item.Text("call_id") ?? "";
        if (item.Text("name") is { } name)
        {
            tools[call] = name;
        }

        return item.Text("type") switch
        {
            "message" when item.Text("role") == "user" => ("user", UserText.Of(RecordKind.ResponseItem, item), null),
            "message" when item.Text("role") == "assistant" => ("assistant", UserText.Joined(item), null),
            // {"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","call_id":"call_…"}
            "function_call" or "custom_tool_call" => ("tool", item.Text("arguments") ?? item.Text("input"), item.Text("name")),
            "local_shell_call" or "web_search_call" => ("tool", item.Member("action")?.GetRawText(), item.Text("type")),
            // {"type":"function_call_output","call_id":"call_…","output":"…"}; output may be text or a list of parts
            "function_call_output" or "custom_tool_call_output" => ("tool", OutputOf(item), tools.GetValueOrDefault(call)),
            _ => default,
        };
    }

    private static string? OutputOf(JsonElement item) => item.Member("output") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } parts => string.Join("\n", parts.EnumerateArray().Select(part => part.Text("text")).OfType<string>()),
        { ValueKind: JsonValueKind.Object } output => output.Text("content") ?? output.GetRawText(),
        _ => null,
    };

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static List<JsonLine> Decompressed(string path, string shown)
    {
        if (!Zstandard.IsAvailable)
        {
            throw new CannotLookException($"{shown} is compressed and libzstd.so.1 is not installed. Install it (Debian: apt install libzstd1), or let Codex open the session.");
        }

        try
        {
            var content = Zstandard.Decompress(path, DecompressedLimitBytes);
            var lines = new List<JsonLine>();
            for (var start = 0; content.AsSpan(start).IndexOf((byte)'\n') is var length and >= 0; start += length + 1)
            {
                lines.Add(new JsonLine(content.AsMemory(start, length), start, start + length + 1));
            }

            return lines;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new CannotLookException($"{shown} cannot be decompressed: {problem.Message}", problem);
        }
    }
}
