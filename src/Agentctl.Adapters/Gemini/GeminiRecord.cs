using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Gemini;

/// <summary>Gemini's chat file: a header, messages, and patches of what came before (<c>$set</c>).</summary>
internal static class GeminiRecord
{
    private const int HeadBytes = 256 * 1024;
    private const int TailBytes = 1024 * 1024;

    // {"sessionId":"9d0c…","projectHash":"…","startTime":"2026-11-21T01:44:29.034Z","lastUpdated":"…","kind":"main"}
    // {"id":"…","timestamp":"…","type":"user","content":[{"text":"hi there"}]}
    // {"id":"…","timestamp":"…","type":"gemini","content":"hello","tokens":{"input":10,"output":5,"cached":0,…},"model":"gemini-2.5-flash"}
    // {"$set":{"lastUpdated":"…"}}
    public static RecordedSession? Read(FileEntry file, AgentEnvironment environment)
    {
        JsonElement? head = null;
        string? prompt = null;
        foreach (var line in JsonLines.Head(file.Path, HeadBytes))
        {
            if (RecordFiles.Parse(line.Bytes) is not { } record)
            {
                continue;
            }

            if (head is null)
            {
                if (record.Text("sessionId") is null)
                {
                    return null;
                }

                head = record;
            }
            else if (record.Text("type") == "user" && TextOf(record) is { Length: > 0 } said)
            {
                prompt = said;
                break;
            }
        }

        if (head is not { } session)
        {
            return null;
        }

        DateTimeOffset? last = null;
        string? model = null;
        JsonElement? newest = null;
        long? end = null;
        foreach (var line in JsonLines.Backward(file.Path))
        {
            end ??= line.End;
            if (end - line.Start > TailBytes || (newest is not null && model is not null))
            {
                break;
            }

            if (RecordFiles.Parse(line.Bytes) is { } record)
            {
                last ??= record.Moment("timestamp") ?? record.Member("$set")?.Moment("lastUpdated");
                model ??= record.Text("model");
                newest ??= record.Text("type") is "user" or "gemini" or "error" ? record : null;
            }
        }

        var at = newest?.Moment("timestamp") ?? last ?? file.ModifiedAt;
        var (signal, fact) = newest?.Text("type") switch
        {
            null => (Signal.NeverRun, "no message in it"),
            "user" => (Signal.Busy, "the newest message is the user's, without an answer"),
            "error" => (Signal.Failed, $"the newest message is an error: {TextOf(newest.Value)}"),
            _ when newest.Value.Items("toolCalls").Any(static call => call.Text("status") is "executing" or "scheduled" or "validating" or "awaiting_approval") => (Signal.Busy, "the newest message calls a tool that has no result"),
            _ => (Signal.Done, "the newest message is the model's answer"),
        };
        return new RecordedSession
        {
            Id = session.Text("sessionId")!,
            Source = environment.Tilde(file.Path),
            Cwd = DirectoryOf(file.Path),
            StartedAt = session.Moment("startTime"),
            LastAt = last ?? file.ModifiedAt,
            Model = model,
            Prompt = prompt,
            Signal = signal,
            Fact = fact,
            SignalAt = at,
            Meta = session.Text("kind") is { } kind and not "main" ? new Dictionary<string, string> { ["kind"] = kind } : Sighting.NoMeta,
        };
    }

    public static IEnumerable<TranscriptEntry> NewestFirst(string path)
    {
        foreach (var line in JsonLines.Backward(path))
        {
            if (RecordFiles.Parse(line.Bytes) is not { } record)
            {
                continue;
            }

            var (at, text) = (record.Moment("timestamp"), TextOf(record));
            switch (record.Text("type"))
            {
                case "user" when text.Length > 0:
                    yield return new TranscriptEntry("user", text, null, at, null, line.End);
                    break;
                case "error" or "info":
                    yield return new TranscriptEntry("system", text, null, at, null, line.End);
                    break;
                case "gemini":
                    if (text.Length > 0)
                    {
                        yield return new TranscriptEntry("assistant", text, null, at, Usage(record), line.End);
                    }

                    foreach (var call in record.Items("toolCalls").Reverse())
                    {
                        yield return new TranscriptEntry("tool", call.Member("args")?.GetRawText() ?? "", call.Text("name"), at, null, line.End);
                    }

                    break;
            }
        }
    }

    private static TokenUsage? Usage(JsonElement record) => record.Member("tokens") is { } tokens
        ? new TokenUsage(Math.Max(0, (tokens.Whole("input") ?? 0) - (tokens.Whole("cached") ?? 0)), tokens.Whole("output") ?? 0, tokens.Whole("cached") ?? 0)
        : null;

    /// <summary>What a person or the model said; the context that the CLI puts before a conversation is neither.</summary>
    private static string TextOf(JsonElement record) => record.Text("content")
        ?? string.Join('\n', record.Items("content").Select(static part => part.Text("text")).OfType<string>().Where(static text => !text.StartsWith("<session_context>", StringComparison.Ordinal)));

    /// <summary><c>tmp/&lt;slug&gt;/.project_root</c> holds the directory.</summary>
    private static string? DirectoryOf(string path)
    {
        var root = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(path))!, ".project_root");
        return File.Exists(root) ? File.ReadAllText(root).Trim() : null;
    }
}
