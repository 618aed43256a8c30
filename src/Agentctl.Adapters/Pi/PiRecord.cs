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
    private const int HeadBytes = 256 * 1024;
    private const int TailBytes = 1024 * 1024;

    // {"type":"session","version":3,"id":"01a1…","timestamp":"2026-11-21T01:44:55.734Z","cwd":"/home/dev/proj","parentSession":"…"}
    // {"type":"model_change","provider":"fake","modelId":"fake-model",…}
    // {"type":"message","timestamp":"…","message":{"role":"assistant","content":[…],"model":"…","usage":{…},"stopReason":"stop",…}}
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
                if (record.Text("type") != "session" || record.Text("id") is null)
                {
                    return null;
                }

                head = record;
            }
            else if (record.Member("message") is { } message && message.Text("role") == "user")
            {
                prompt = TextOf(message);
                break;
            }
        }

        if (head is not { } session)
        {
            return null;
        }

        var (signal, fact, at, model, last) = Newest(file);
        return new RecordedSession
        {
            Id = session.Text("id")!,
            Source = environment.Tilde(file.Path),
            Cwd = session.Text("cwd"),
            StartedAt = session.Moment("timestamp"),
            LastAt = last ?? file.ModifiedAt,
            Model = model,
            Prompt = prompt,
            Signal = signal,
            Fact = fact,
            SignalAt = at ?? file.ModifiedAt,
            Meta = session.Text("parentSession") is { } parent ? new Dictionary<string, string> { ["parent"] = Path.GetFileNameWithoutExtension(parent).Split('_')[^1] } : Sighting.NoMeta,
        };
    }

    private static (Signal Signal, string Fact, DateTimeOffset? At, string? Model, DateTimeOffset? Last) Newest(FileEntry file)
    {
        DateTimeOffset? last = null;
        string? model = null;
        long? end = null;
        (Signal, string, DateTimeOffset?)? turn = null;
        foreach (var line in JsonLines.Backward(file.Path))
        {
            end ??= line.End;
            if (end - line.Start > TailBytes || (turn is not null && model is not null))
            {
                break;
            }

            if (RecordFiles.Parse(line.Bytes) is not { } record)
            {
                continue;
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
        foreach (var line in JsonLines.Backward(path))
        {
            if (RecordFiles.Parse(line.Bytes) is not { } record || record.Member("message") is not { } message)
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
                    foreach (var call in message.Items("content").Where(static part => part.Text("type") == "toolCall").Reverse())
                    {
                        yield return new TranscriptEntry("tool", call.Member("arguments")?.GetRawText() ?? "", call.Text("name"), at, null, line.End);
                    }

                    if (text.Length > 0)
                    {
                        yield return new TranscriptEntry("assistant", text, null, at, Usage(message), line.End);
                    }
                    else if (message.Text("errorMessage") is { } error)
                    {
                        yield return new TranscriptEntry("system", error, null, at, Usage(message), line.End);
                    }

                    break;
            }
        }
    }

    private static TokenUsage? Usage(JsonElement message) => message.Member("usage") is { } usage
        ? new TokenUsage(usage.Whole("input") ?? 0, usage.Whole("output") ?? 0, usage.Whole("cacheRead") ?? 0, usage.Whole("cacheWrite") ?? 0)
        : null;

    private static string TextOf(JsonElement message) => message.Text("content") ?? string.Join('\n', message.Items("content").Select(static part => part.Text("text")).OfType<string>());
}
