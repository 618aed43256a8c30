using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenCode;

/// <summary>OpenCode's messages and their parts: the same JSON in its database and in the files it kept before.</summary>
internal static class OpenCodeMessage
{
    // {"role":"assistant","time":{"created":…,"completed":…},"finish":"stop","error":{"name":"MessageAbortedError",…},…}
    public static (Signal Signal, string Fact) TurnOf(JsonElement? newest)
    {
        if (newest is not { } message)
        {
            return (Signal.NeverRun, "no message in it");
        }

        if (message.Text("role") == "user")
        {
            return (Signal.Busy, "the newest message is the user's, without an answer");
        }

        if (message.Member("error") is { } error)
        {
            return error.Text("name") == "MessageAbortedError"
                ? (Signal.Aborted, "the newest message was aborted (MessageAbortedError)")
                : (Signal.Failed, $"the newest message has an error: {error.Text("name")}{(error.Member("data")?.Text("message") is { } text ? $", {text}" : "")}");
        }

        return message.Member("time")?.Whole("completed") is null ? (Signal.Busy, "the newest message has no time.completed and no error")
            : message.Text("finish") == "tool-calls" ? (Signal.Busy, "the newest message ended with tool calls, and no answer came after it")
            : (Signal.Done, $"the newest message is complete (finish {message.Text("finish") ?? "not told"})");
    }

    /// <summary>What somebody wrote, or null: a part may be a picture, or OpenCode's own.</summary>
    public static string? SaidIn(JsonElement part) => part.Text("type") == "text" && part.Flag("synthetic") is not true ? part.Text("text") : null;

    /// <summary>Entries of a conversation, newest first. Where parts cannot be read, an entry says so.</summary>
    public static IEnumerable<TranscriptEntry> Entries(IEnumerable<OpenCodePart> newestFirst)
    {
        TokenUsage? used = null;
        var unreadable = new UnreadableParts();
        foreach (var one in newestFirst)
        {
            if (one.Problem is { } problem)
            {
                unreadable.Add(problem, one.At, one.Cursor);
                continue;
            }

            // The end of a step tells what the step used: that belongs to what was said or done last in it.
            used = UsageOf(one.Part) ?? used;
            if (EntryOf(one.Part, one.Message, one.At, one.Cursor) is { } entry)
            {
                if (unreadable.Take() is { } gap)
                {
                    yield return gap;
                }

                yield return entry.Role == "user" ? entry : entry with { Tokens = used };
                used = entry.Role == "user" ? used : null;
            }
        }

        if (unreadable.Take() is { } oldest)
        {
            yield return oldest;
        }
    }

    /// <summary>Of every step, whatever was said or done in it.</summary>
    public static TokenUsage? Tokens(IEnumerable<OpenCodePart> parts)
    {
        TokenUsage? total = null;
        foreach (var part in parts.Where(static one => one.Problem is null))
        {
            total = UsageOf(part.Part) is { } used ? (total ?? new TokenUsage(0, 0)) + used : total;
        }

        return total;
    }

    // {"type":"text","text":"…"} · {"type":"tool","tool":"bash","state":{"status":"completed","input":{…},"output":"…"}}
    private static TranscriptEntry? EntryOf(JsonElement part, JsonElement message, DateTimeOffset? at, long cursor) => part.Text("type") switch
    {
        "text" when SaidIn(part) is { } text => new TranscriptEntry(message.Text("role") == "user" ? "user" : "assistant", text, null, at, null, cursor),
        "tool" when part.Member("state") is { } state => new TranscriptEntry(
            "tool", $"{state.Member("input")?.GetRawText()}{(state.Text("output") is { } output ? "\n" + output : "")}", part.Text("tool"), at, null, cursor),
        _ => null,
    };

    // {"type":"step-finish","reason":"stop","tokens":{"input":10,"output":5,"cache":{"write":0,"read":0},…}}
    private static TokenUsage? UsageOf(JsonElement part) => part.Text("type") == "step-finish" && part.Member("tokens") is { } used
        ? TokenUsage.Recorded(used.Whole("input"), used.Whole("output"), used.Member("cache")?.Whole("read"), used.Member("cache")?.Whole("write"))
        : null;
}
