using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>
/// Counts a whole conversation. Claude writes one record for each block of a message, each with the usage of the whole message:
/// the last one of an id counts. Sub-agents write files of their own:
/// <c>&lt;session id&gt;/subagents/agent-*.jsonl</c>, formerly <c>agent-*.jsonl</c> beside the transcript.
/// </summary>
internal static class TokenCount
{
    public static TokenUsage? Of(string path, CancellationToken cancellationToken)
    {
        var usage = new Dictionary<string, TokenUsage>();
        Add(path, usage, cancellationToken);
        foreach (var file in SubAgentFiles(path))
        {
            Add(file, usage, cancellationToken);
        }

        return usage.Count == 0 ? null : usage.Values.Aggregate(static (a, b) => a + b);
    }

    /// <summary>Usage of an assistant record's message; null where it tells none.</summary>
    public static TokenUsage? UsageOf(JsonElement message) => message.Field("usage") is { ValueKind: JsonValueKind.Object } usage
        ? TokenUsage.Recorded(usage.Integer("input_tokens"), usage.Integer("output_tokens"), usage.Integer("cache_read_input_tokens"), usage.Integer("cache_creation_input_tokens"))
        : null;

    private static void Add(string path, Dictionary<string, TokenUsage> usage, CancellationToken cancellationToken)
    {
        foreach (var (line, record) in TranscriptRecord.In(JsonLines.Forward(path), new DamagedRecords()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (record.Kind != RecordKind.Assistant)
            {
                continue;
            }

            using var document = record.Open();
            if (document.RootElement.Field("message") is { } message && message.Text("model") != "<synthetic>" && UsageOf(message) is { } used)
            {
                usage[message.Text("id") ?? document.RootElement.Text("uuid") ?? line.Start.ToString()] = used;
            }
        }
    }

    private static IEnumerable<string> SubAgentFiles(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        var sessionId = Transcript.SessionIdOf(path);
        var own = Path.Combine(folder, sessionId, "subagents");
        return [.. FilesOf(own, SearchOption.AllDirectories), .. FilesOf(folder, SearchOption.TopDirectoryOnly).Where(file => BelongsTo(file, sessionId))];
    }

    private static string[] FilesOf(string folder, SearchOption depth) =>
        Directory.Exists(folder) ? Directory.GetFiles(folder, "agent-*" + ClaudePlaces.TranscriptSuffix, depth) : [];

    private static bool BelongsTo(string file, string sessionId)
    {
        foreach (var (_, record) in TranscriptRecord.In(JsonLines.Head(file, 64 * 1024), new DamagedRecords()))
        {
            if (record.Kind is RecordKind.User or RecordKind.Assistant)
            {
                using var document = record.Open();
                return document.RootElement.Text("sessionId") == sessionId;
            }
        }

        return false;
    }
}
