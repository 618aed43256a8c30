using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// A conversation as its reader wants it: what was said, called and answered, without bookkeeping. The cursor of an entry is the
/// offset after its line; the entries of one line belong together.
/// </summary>
internal static class TranscriptEntries
{
    public static IEnumerable<TranscriptEntry> Read(string path, TranscriptRange range, CancellationToken cancellationToken) =>
        range.Last is { } last ? Newest(path, range, last, cancellationToken) : Ascending(path, range, cancellationToken);

    private static IEnumerable<TranscriptEntry> Ascending(string path, TranscriptRange range, CancellationToken cancellationToken)
    {
        var reader = new RecordReader();
        foreach (var (line, record) in TranscriptRecord.In(JsonLines.Forward(path, range.After ?? 0), new DamagedRecords()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in reader.Entries(record, line.End))
            {
                if (range.Role is null || entry.Role == range.Role)
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>Collects lines from the end until they give enough, then reads those in order.</summary>
    private static List<TranscriptEntry> Newest(string path, TranscriptRange range, int last, CancellationToken cancellationToken)
    {
        var records = new Stack<(TranscriptRecord Record, long Cursor)>();
        var found = 0;
        foreach (var (line, record) in TranscriptRecord.In(JsonLines.Backward(path), new DamagedRecords(), newestFirst: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (found >= last || line.End <= range.After)
            {
                break;
            }

            var matching = new RecordReader().Entries(record, line.End).Count(entry => range.Role is null || entry.Role == range.Role);
            if (matching > 0 || record.Kind == RecordKind.Assistant)
            {
                records.Push((record, line.End));
            }

            found += matching;
        }

        var reader = new RecordReader();
        return [.. records.SelectMany(one => reader.Entries(one.Record, one.Cursor)).Where(entry => range.Role is null || entry.Role == range.Role).TakeLast(last)];
    }

    /// <summary>Reads records in their order: a tool's result tells only the id of its call, a message repeats its usage in each of its records.</summary>
    private sealed class RecordReader
    {
        private readonly Dictionary<string, string> _toolNames = [];
        private string? _countedMessage;

        public List<TranscriptEntry> Entries(TranscriptRecord record, long cursor)
        {
            var entries = new List<TranscriptEntry>();
            if (record is not { Kind: RecordKind.User or RecordKind.Assistant or RecordKind.System, IsCompactSummary: false })
            {
                return entries;
            }

            using var document = record.Open();
            switch (record.Kind)
            {
                case RecordKind.User:
                    AddUser(entries, document.RootElement, record, cursor);
                    break;
                case RecordKind.Assistant:
                    AddAssistant(entries, document.RootElement, record, cursor);
                    break;
                default:
                    AddSystem(entries, document.RootElement, record, cursor);
                    break;
            }

            return entries;
        }

        private void AddUser(List<TranscriptEntry> entries, JsonElement root, in TranscriptRecord record, long cursor)
        {
            if (root.Field("message")?.Field("content") is { ValueKind: JsonValueKind.Array } parts)
            {
                foreach (var part in parts.EnumerateArray().Where(static part => part.Text("type") == "tool_result"))
                {
                    var tool = part.Text("tool_use_id") is { } id ? _toolNames.GetValueOrDefault(id) : null;
                    entries.Add(new TranscriptEntry("tool", ResultText(part), tool, record.At, null, cursor));
                }
            }

            var message = UserMessage.Read(root);
            var role = message.Kind == UserMessageKind.Interruption || record.IsMeta || !message.IsHuman ? "system" : "user";
            if (message.Text.Length > 0 && message.Kind != UserMessageKind.Wrapper)
            {
                entries.Add(new TranscriptEntry(role, message.Text, null, record.At, null, cursor));
            }
        }

        private void AddAssistant(List<TranscriptEntry> entries, JsonElement root, in TranscriptRecord record, long cursor)
        {
            if (root.Field("message") is not { } message || message.Field("content") is not { ValueKind: JsonValueKind.Array } parts ||
                (message.Text("model") == "<synthetic>" && !record.IsApiError))
            {
                return;
            }

            foreach (var part in parts.EnumerateArray())
            {
                if (part.Text("type") == "text" && part.Text("text") is { } text && !string.IsNullOrWhiteSpace(text))
                {
                    entries.Add(new TranscriptEntry(record.IsApiError ? "system" : "assistant", text, null, record.At, null, cursor));
                }
                else if (part.Text("type") is "tool_use" or "server_tool_use" && part.Text("name") is { } name)
                {
                    if (part.Text("id") is { } id)
                    {
                        _toolNames[id] = name;
                    }

                    entries.Add(new TranscriptEntry("tool", part.Field("input")?.GetRawText() ?? "", name, record.At, null, cursor));
                }
            }

            if (entries.Count > 0 && message.Text("id") is var counted && (counted is null || counted != _countedMessage))
            {
                _countedMessage = counted;
                entries[0] = entries[0] with { Tokens = TokenCount.UsageOf(message) };
            }
        }

        private static void AddSystem(List<TranscriptEntry> entries, JsonElement root, in TranscriptRecord record, long cursor)
        {
            // Outputs of local commands are wrapped in marks; an empty one says nothing.
            var text = root.Text("content")?.Replace("<local-command-stdout>", "").Replace("</local-command-stdout>", "").Trim();
            if (!string.IsNullOrEmpty(text) && !record.IsMeta)
            {
                entries.Add(new TranscriptEntry("system", text, null, record.At, null, cursor));
            }
        }

        private static string ResultText(JsonElement part) => part.Field("content") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            { ValueKind: JsonValueKind.Array } parts => string.Join('\n', parts.EnumerateArray().Select(static p => p.Text("text")).OfType<string>()),
            _ => "",
        };
    }
}
