using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;

namespace Agentctl.Adapters.Gemini;

/// <summary>What a chat file of the Gemini CLI says about its conversation.</summary>
internal static class GeminiRecord
{
    /// <summary>A first prompt may hold pictures of several megabytes.</summary>
    private const int HeadBytes = 16 << 20;

    /// <summary>The header is the first record; behind a damaged one there is no other.</summary>
    private const int HeaderBytes = 1 << 20;

    /// <summary>How far back the newest message is searched.</summary>
    private const int TailBytes = 16 << 20;

    private const int ProjectRootBytes = 64 << 10;

    private const string ContextTag = "<session_context>";

    public static RecordedSession? Read(FileReading reading, AgentEnvironment environment)
    {
        var file = reading.File;
        if (Head(reading) is not ({ } header, var prompt))
        {
            reading.Problem = reading.Damaged.Count > 0 ? null : "has no header that tells its session's id; it is left out";
            return null;
        }

        if (!GeminiPlace.MayBeOf(Path.GetFileName(file.Path), header.Text("sessionId")!))
        {
            reading.Problem = "is named after another session than its header; it is left out";
            return null;
        }

        var messages = GeminiChat.Messages(file.Path, reading.Damaged, TailBytes).Take(LookedAt).ToList();
        var newest = messages.Select(static one => one.Message).FirstOrDefault(static message => message.Text("type") is "gemini" or "error" || (message.Text("type") == "user" && !IsContext(message))) is { ValueKind: JsonValueKind.Object } found ? found : (JsonElement?)null;
        var last = LastUpdate(reading);
        var (signal, fact) = TurnOf(newest);
        return new RecordedSession
        {
            Id = header.Text("sessionId")!,
            Source = environment.Tilde(file.Path),
            Cwd = DirectoryOf(file.Path),
            StartedAt = header.Moment("startTime"),
            LastAt = last ?? file.ModifiedAt,
            Model = messages.Select(static one => one.Message.Text("model")).FirstOrDefault(static model => model is not null),
            Prompt = PromptText.Of(prompt),
            Signal = signal,
            Fact = fact,
            SignalAt = newest?.Moment("timestamp") ?? last ?? file.ModifiedAt,
            Meta = MetaOf(header, file.Path),
        };
    }

    /// <summary>How many of the newest messages may be read to find the newest turn and its model.</summary>
    private const int LookedAt = 16;

    /// <summary>The first thing that a person said, wherever it stands: in a record of its own or in a list.</summary>
    private static (JsonElement? Header, string? Prompt) Head(FileReading reading)
    {
        JsonElement? header = null;
        foreach (var record in GeminiChat.Forward(reading.File.Path, reading.Damaged, HeadBytes))
        {
            header ??= SessionIds.IsValid(record.Json.Text("sessionId")) ? record.Json : null;
            if (header is null && (record.End > HeaderBytes || GeminiChat.IsMessage(record.Json)))
            {
                // Messages do not tell which session they are of.
                break;
            }

            var said = (GeminiChat.ListIn(record.Json) ?? [record.Json]).Where(static message => message.Text("type") == "user").Select(TextOf).FirstOrDefault(static text => text.Length > 0);
            if (said is not null)
            {
                return (header, said);
            }
        }

        return (header, null);
    }

    private static (Signal Signal, string Fact) TurnOf(JsonElement? newest) => newest?.Text("type") switch
    {
        null => (Signal.NeverRun, "no message in it"),
        "user" => (Signal.Busy, "the newest message is the user's, without an answer"),
        "error" => (Signal.Failed, $"the newest message is an error: {TextOf(newest.Value)}"),
        _ when newest.Value.Items("toolCalls").Any(static call => call.Text("status") is "executing" or "scheduled" or "validating" or "awaiting_approval") => (Signal.Busy, "the newest message calls a tool that has no result"),
        _ => (Signal.Done, "the newest message is the model's answer"),
    };

    /// <summary>When something was last written, of a message or not.</summary>
    private static DateTimeOffset? LastUpdate(FileReading reading) => GeminiChat.Backward(reading.File.Path, reading.Damaged).Take(LookedAt)
        .Select(static record => record.Json.Moment("timestamp") ?? record.Json.Member("$set")?.Moment("lastUpdated") ?? record.Json.Moment("lastUpdated"))
        .FirstOrDefault(static moment => moment is not null);

    private static Dictionary<string, string> MetaOf(JsonElement header, string path)
    {
        var meta = new Dictionary<string, string>();
        if (header.Text("kind") is { } kind and not "main")
        {
            meta["kind"] = kind;
        }

        if (GeminiPlace.ParentOf(path) is { } parent)
        {
            meta["parent"] = parent;
        }

        return meta;
    }

    public static IEnumerable<TranscriptEntry> NewestFirst(string path)
    {
        foreach (var (message, end) in GeminiChat.Messages(path, new DamagedRecords()))
        {
            var (at, text) = (message.Moment("timestamp"), TextOf(message));
            switch (message.Text("type"))
            {
                case "user" when text.Length > 0:
                    yield return new TranscriptEntry("user", text, null, at, null, end);
                    break;
                case "error" or "info" or "warning":
                    yield return new TranscriptEntry("system", text, null, at, null, end);
                    break;
                case "gemini":
                    var used = UsageOf(message);
                    if (text.Length > 0)
                    {
                        yield return new TranscriptEntry("assistant", text, null, at, used, end);
                        used = null;
                    }

                    foreach (var call in message.Items("toolCalls").Reverse())
                    {
                        yield return new TranscriptEntry("tool", call.Member("args")?.GetRawText() ?? "", call.Text("name"), at, used, end);
                        used = null;
                    }

                    break;
            }
        }
    }

    /// <summary>
    /// What was spent: of every answer, withdrawn ones and those that only call a tool included, the newest version of each. The CLI counts
    /// them so too: it counts each answer when it arrives, and a rewind gives nothing back.
    /// </summary>
    public static TokenUsage? Tokens(string path)
    {
        var spent = new Dictionary<string, TokenUsage>(StringComparer.Ordinal);
        foreach (var (id, message) in GeminiChat.Versions(path, new DamagedRecords()))
        {
            if (message.Text("type") == "gemini" && UsageOf(message) is { } used)
            {
                spent[id] = used;
            }
        }

        return spent.Count == 0 ? null : spent.Values.Aggregate(static (sum, used) => sum + used);
    }

    private static TokenUsage? UsageOf(JsonElement message) => message.Member("tokens") is { } tokens
        ? Apart(TokenUsage.Recorded(tokens.Whole("input"), tokens.Whole("output"), tokens.Whole("cached")))
        : null;

    /// <summary>The CLI counts what it took from the cache into the input.</summary>
    private static TokenUsage Apart(TokenUsage used) => used with { In = Math.Max(0, used.In - used.CacheRead) };

    /// <summary>The CLI records the context of a conversation as a user message when it starts, before anybody asks anything.</summary>
    private static bool IsContext(JsonElement message) =>
        message.Items("content").ToList() is { Count: > 0 } parts && parts.All(static part => part.Text("text") is { } text && text.StartsWith(ContextTag, StringComparison.Ordinal));

    /// <summary>What a person or the model said; the context that the CLI puts before a conversation is neither.</summary>
    private static string TextOf(JsonElement message) => message.Text("content")
        ?? string.Join('\n', message.Items("content").Select(static part => part.Text("text")).OfType<string>().Where(static text => !text.StartsWith(ContextTag, StringComparison.Ordinal)));

    /// <summary><c>tmp/&lt;slug&gt;/.project_root</c> holds the directory. Not known where the file is absent or is no text file of sensible size.</summary>
    private static string? DirectoryOf(string path) =>
        ForeignFile.Text(Path.Combine(GeminiPlace.ProjectOf(path), ".project_root"), ProjectRootBytes, out _)?.Trim() is { Length: > 0 } directory && !directory.Contains('\0', StringComparison.Ordinal)
            ? directory
            : null;
}
