using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Pi;

/// <summary>
/// Pi's session file. Its first assistant message creates it: while the first turn runs, and after a kill in it, there is none.
/// </summary>
internal static class PiRecord
{
    /// <summary>A first prompt may hold pictures of several megabytes.</summary>
    private const int HeadBytes = 16 << 20;

    /// <summary>How far back the newest message is searched, and the model once that is found.</summary>
    private const int TailBytes = 16 << 20;
    private const int ModelBytes = 1 << 20;

    // {"type":"session","version":3,"id":"01a1…","timestamp":"2026-11-21T01:44:55.734Z","cwd":"/home/dev/proj","parentSession":"…"}
    // {"type":"model_change","provider":"fake","modelId":"fake-model",…}
    // {"type":"message","timestamp":"…","message":{"role":"assistant","content":[…],"model":"…","usage":{…},"stopReason":"stop",…}}
    public static RecordedSession? Read(FileReading reading, AgentEnvironment environment)
    {
        var file = reading.File;
        JsonElement? header = null;
        string? prompt = null;
        var isConversation = false;
        foreach (var (line, record) in ForeignRecords.Objects(JsonLines.Forward(file.Path).Within(HeadBytes), reading.Damaged))
        {
            header ??= IsHeader(record) ? record : null;
            isConversation |= record.Member("message") is not null;
            if (prompt is null && record.Member("message") is { } message && message.Text("role") == "user" && TextOf(message) is { Length: > 0 } said)
            {
                prompt = said;
            }

            // A file that was made again after it was removed has no header; then its name tells the id.
            if (prompt is not null && (header is not null || line.Start > 0))
            {
                break;
            }
        }

        // Pi finds a session by the name of its file, so that is its id; the header says the same.
        var named = PiPlace.TryRead(file.Path);
        if (header is null && !isConversation)
        {
            reading.Problem = named is null || reading.Damaged.Count > 0 ? null : "holds no record of a session; it is left out";
            return null;
        }

        if ((named?.Id ?? header?.Text("id")) is not { } id)
        {
            reading.Problem = "has no header, and no name that tells its session's id; it is left out";
            return null;
        }

        var (signal, fact, at, model, last) = Newest(reading);
        var cwd = header?.Text("cwd") ?? PiPlace.DirectoryOf(Path.GetFileName(Path.GetDirectoryName(file.Path))!);
        reading.Problem = cwd is not null ? null : "has no header that tells a directory, and its folder is not named after exactly one directory that exists: its session is listed without a directory, and resume needs --cwd";
        return new RecordedSession
        {
            Id = id,
            Source = environment.Tilde(file.Path),
            Cwd = cwd,
            StartedAt = header?.Moment("timestamp") ?? named?.StartedAt,
            LastAt = last ?? file.ModifiedAt,
            Model = model,
            Prompt = PromptText.Of(prompt),
            Signal = signal,
            Fact = fact,
            SignalAt = at ?? file.ModifiedAt,
            Meta = header?.Text("parentSession") is { } parent ? new Dictionary<string, string> { ["parent"] = PiPlace.IdOf(parent) } : Sighting.NoMeta,
        };
    }

    private static bool IsHeader(JsonElement record) => record.Text("type") == "session" && SessionIds.IsValid(record.Text("id"));

    private static (Signal Signal, string Fact, DateTimeOffset? At, string? Model, DateTimeOffset? Last) Newest(FileReading reading)
    {
        DateTimeOffset? last = null;
        string? model = null;
        long? end = null;
        (Signal, string, DateTimeOffset?)? turn = null;
        foreach (var (line, record) in ForeignRecords.Objects(JsonLines.Backward(reading.File.Path).Within(TailBytes), reading.Damaged, newestFirst: true))
        {
            end ??= line.End;
            if (turn is not null && (model is not null || end - line.Start > ModelBytes))
            {
                break;
            }

            last ??= record.Moment("timestamp");
            model ??= record.Text("modelId") ?? record.Member("message")?.Text("model");
            if (record.Member("message") is { } message && message.Text("role") is "user" or "assistant" or "toolResult")
            {
                turn ??= TurnOf(message, record.Moment("timestamp"));
            }
        }

        var (signal, fact, at) = turn ?? (Signal.NeverRun, "no message in it", last);
        return (signal, fact, at, model, last);
    }

    private static (Signal, string, DateTimeOffset?) TurnOf(JsonElement message, DateTimeOffset? at) => (message.Text("role"), message.Text("stopReason")) switch
    {
        ("assistant", "error") => (Signal.Failed, $"the newest message stopped with an error: {message.Text("errorMessage") ?? "no reason given"}", at),
        ("assistant", "aborted") => (Signal.Aborted, "the newest message was aborted", at),
        ("assistant", "toolUse") => (Signal.Busy, "the newest message calls a tool and has no result", at),
        ("assistant", var reason) => (Signal.Done, $"the newest message is the answer (stopReason {reason ?? "none"})", at),
        (var role, _) => (Signal.Busy, $"the newest message is a {role} one without an answer", at),
    };

    public static IEnumerable<TranscriptEntry> NewestFirst(string path)
    {
        foreach (var (line, record) in ForeignRecords.Objects(JsonLines.Backward(path), new DamagedRecords(), newestFirst: true))
        {
            if (record.Member("message") is not { } message)
            {
                continue;
            }

            var at = record.Moment("timestamp");
            var text = TextOf(message);
            switch (message.Text("role"))
            {
                case "user" when text.Length > 0:
                    yield return new TranscriptEntry("user", text, null, at, null, line.End);
                    break;
                case "toolResult":
                    yield return new TranscriptEntry("tool", text, message.Text("toolName"), at, null, line.End);
                    break;
                case "assistant":
                    var used = Usage(message);
                    foreach (var call in message.Items("content").Where(static part => part.Text("type") == "toolCall").Reverse())
                    {
                        yield return new TranscriptEntry("tool", call.Member("arguments")?.GetRawText() ?? "", call.Text("name"), at, used, line.End);
                        used = null;
                    }

                    if (text.Length > 0)
                    {
                        yield return new TranscriptEntry("assistant", text, null, at, used, line.End);
                    }
                    else if (message.Text("errorMessage") is { } error)
                    {
                        yield return new TranscriptEntry("system", error, null, at, used, line.End);
                    }

                    break;
            }
        }
    }

    /// <summary>Of every answer, whatever it did and in whichever branch it stands.</summary>
    public static TokenUsage? Tokens(string path)
    {
        TokenUsage? total = null;
        foreach (var (_, record) in ForeignRecords.Objects(JsonLines.Forward(path), new DamagedRecords()))
        {
            if (record.Member("message") is { } message && message.Text("role") == "assistant" && Usage(message) is { } used)
            {
                total = (total ?? new TokenUsage(0, 0)) + used;
            }
        }

        return total;
    }

    private static TokenUsage? Usage(JsonElement message) => message.Member("usage") is { } usage
        ? TokenUsage.Recorded(usage.Whole("input"), usage.Whole("output"), usage.Whole("cacheRead"), usage.Whole("cacheWrite"))
        : null;

    private static string TextOf(JsonElement message) => message.Text("content") ?? string.Join('\n', message.Items("content").Select(static part => part.Text("text")).OfType<string>());
}
