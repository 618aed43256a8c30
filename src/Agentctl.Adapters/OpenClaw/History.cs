using System.Text;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Messages of a conversation, as the gateway's chat.history gives them and its database keeps them: the same shape in both.</summary>
internal static class History
{
    private const int PageSize = 200;
    private const int MostPages = 5000;

    // {"role":"assistant","content":[{"type":"text","text":"hello"},{"type":"toolCall","name":"exec","arguments":{"command":"echo hi"}}],
    //  "usage":{"input":10,"output":5,"cacheRead":0,"cacheWrite":0},"timestamp":1795244047310,"__openclaw":{"transcriptPosition":{"rawSeq":14},"seq":8}}
    // {"role":"toolResult","toolName":"exec","content":[{"type":"text","text":"hi"}],…}
    public static IEnumerable<TranscriptEntry> Entries(JsonElement message, long cursor)
    {
        var role = message.Text("role") switch
        {
            "toolResult" or "tool" => "tool",
            "user" => "user",
            "assistant" => "assistant",
            _ => "system",
        };
        var at = message.Time("timestamp");
        var tokens = Usage(message);
        var text = new StringBuilder();
        var calls = new List<TranscriptEntry>();
        if (message.Text("content") is { } plain)
        {
            text.Append(plain);
        }

        foreach (var part in message.Items("content"))
        {
            switch (part.Text("type"))
            {
                case "text" when part.Text("text") is { } said:
                    text.Append(text.Length > 0 ? "\n" : "").Append(said);
                    break;
                case "toolCall" or "tool_use":
                    calls.Add(new TranscriptEntry("tool", (part.Member("arguments") ?? part.Member("input"))?.GetRawText() ?? "", part.Text("name"), at, null, cursor));
                    break;
            }
        }

        if (text.Length > 0 || calls.Count == 0)
        {
            yield return new TranscriptEntry(role, text.ToString(), role == "tool" ? message.Text("toolName") : null, at, tokens, cursor);
            tokens = null;
        }

        foreach (var call in calls)
        {
            yield return call with { Tokens = tokens };
            tokens = null;
        }
    }

    public static TokenUsage? Usage(JsonElement message) => message.Member("usage") is { } usage && usage.Whole("output") is { } output
        ? TokenUsage.Recorded(usage.Whole("input"), output, usage.Whole("cacheRead"), usage.Whole("cacheWrite"))
        : null;

    /// <summary>Messages of the gateway, newest first, page by page.</summary>
    public static async IAsyncEnumerable<(long Cursor, JsonElement Message)> Newest(
        GatewaySession session, GatewayRow row, int? most, TimeSpan callDeadline, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long offset = 0;
        for (var pages = 0; pages < MostPages; pages++)
        {
            var limit = Math.Clamp(most ?? PageSize, 1, PageSize);
            var page = await session.Connection.Call("chat.history", json => Write(json, row, limit, offset), callDeadline, cancellationToken);
            foreach (var message in page.Items("messages").Reverse())
            {
                yield return (CursorOf(message), message);
            }

            if (page.Flag("hasMore") is not true || page.Whole("nextOffset") is not { } next || next <= offset)
            {
                yield break;
            }

            offset = next;
        }
    }

    /// <summary>The position in the transcript's record: the same number in the gateway's answers and in its database.</summary>
    private static long CursorOf(JsonElement message)
    {
        var own = message.Member("__openclaw") ?? default;
        return own.Member("transcriptPosition")?.Whole("rawSeq") ?? own.Whole("seq") ?? 0;
    }

    private static void Write(Utf8JsonWriter json, GatewayRow row, int limit, long offset)
    {
        json.WriteString("sessionKey"u8, row.Key);
        if (row.AgentId is { } agent && !row.Key.StartsWith("agent:", StringComparison.Ordinal))
        {
            json.WriteString("agentId"u8, agent);
        }

        json.WriteNumber("limit"u8, limit);
        if (offset > 0)
        {
            json.WriteNumber("offset"u8, offset);
        }
    }

    /// <summary>Messages of the database, newest first; or why one cannot be read.</summary>
    public static IEnumerable<(long Cursor, JsonElement Message, string? Problem)> Newest(SessionStore store, GatewayRow row, CancellationToken cancellationToken)
    {
        long? before = null;
        while (true)
        {
            var page = store.Transcript(row, before, PageSize, cancellationToken).ToList();
            foreach (var (sequence, one, problem) in page)
            {
                // One broken record does not hide the others.
                if (problem is not null)
                {
                    yield return (sequence, default, problem);
                }
                else if (one.Text("type") == "message" && one.Member("message") is { } message)
                {
                    yield return (sequence, message, null);
                }
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            before = page[^1].Sequence;
        }
    }
}
