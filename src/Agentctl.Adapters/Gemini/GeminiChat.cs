using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Platform;

namespace Agentctl.Adapters.Gemini;

/// <summary>One record of a chat file and where it stands.</summary>
internal readonly record struct ChatRecord(JsonElement Json, long Start, long End);

/// <summary>
/// The records of a chat file. They are not all messages: a message is written again whenever it changes, a list replaces all messages so
/// far, and a rewind withdraws some. What stands at the end follows the CLI's own reading of the file (0.61, loadConversationRecord).
/// </summary>
internal static class GeminiChat
{
    /// <summary>The largest file of the CLI before 0.58 that is read: it is one JSON document.</summary>
    private const int LargestDocumentBytes = 32 << 20;

    // {"sessionId":"9d0c…","projectHash":"…","startTime":"2026-11-21T01:44:29.034Z","lastUpdated":"…","kind":"main"}
    // {"id":"…","timestamp":"…","type":"user","content":[{"text":"hi there"}]}
    // {"id":"…","timestamp":"…","type":"gemini","content":"hello","tokens":{"input":10,"output":5,"cached":0,…},"model":"gemini-2.5-flash"}
    // {"$set":{"lastUpdated":"…"}} · {"$set":{"messages":[…]}} · {"$rewindTo":"<message id>"}
    public static IEnumerable<ChatRecord> Forward(string path, int limitBytes = int.MaxValue) => IsDocument(path)
        ? Document(path)
        : Parsed(limitBytes == int.MaxValue ? JsonLines.Forward(path) : JsonLines.Head(path, limitBytes));

    /// <summary>The newest first.</summary>
    public static IEnumerable<ChatRecord> Backward(string path) => IsDocument(path) ? Document(path) : Parsed(JsonLines.Backward(path));

    public static bool IsMessage(JsonElement record) => record.Text("type") is "user" or "gemini" or "error" or "info" or "warning";

    public static string? RewindTarget(JsonElement record) => record.Text("$rewindTo");

    /// <summary>The messages that a record holds in a list; null when it holds none.</summary>
    public static IEnumerable<JsonElement>? ListIn(JsonElement record) =>
        record.Member("$set")?.Member("messages") is { ValueKind: JsonValueKind.Array } replaced ? replaced.EnumerateArray().Where(IsMessage)
        : record.Text("sessionId") is not null && record.Member("messages") is { ValueKind: JsonValueKind.Array } initial ? initial.EnumerateArray().Where(IsMessage)
        : null;

    /// <summary>Every version of every message that was ever written, with its id, oldest first.</summary>
    public static IEnumerable<(string Id, JsonElement Message)> Versions(string path)
    {
        foreach (var record in Forward(path))
        {
            if (IsMessage(record.Json))
            {
                yield return (IdOf(record.Json, record.Start, 0), record.Json);
            }

            var index = 0;
            foreach (var message in ListIn(record.Json) ?? [])
            {
                yield return (IdOf(message, record.Start, index++), message);
            }
        }
    }

    /// <summary>The messages of the conversation as it stands, newest first, each in its newest version. Reads the whole file only where something was replaced or withdrawn.</summary>
    /// <param name="tailBytes">How much of the end of the file is searched.</param>
    public static IEnumerable<(JsonElement Message, long End)> Messages(string path, long tailBytes = long.MaxValue)
    {
        long? end = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in Backward(path))
        {
            end ??= record.End;
            if (end - record.Start > tailBytes)
            {
                yield break;
            }

            if (RewindTarget(record.Json) is not null || ListIn(record.Json) is not null)
            {
                foreach (var earlier in Standing(path, record.End))
                {
                    if (seen.Add(earlier.Id))
                    {
                        yield return (earlier.Message, earlier.End);
                    }
                }

                yield break;
            }

            if (IsMessage(record.Json) && seen.Add(IdOf(record.Json, record.Start, 0)))
            {
                yield return (record.Json, record.End);
            }
        }
    }

    /// <summary>The messages that stood when the file had a length, newest first.</summary>
    private static IEnumerable<(string Id, JsonElement Message, long End)> Standing(string path, long end)
    {
        // Places, not messages: a conversation may be larger than what should be held in memory.
        var places = new OrderedDictionary<string, (long Start, int? Index)>(StringComparer.Ordinal);
        foreach (var record in Forward(path).TakeWhile(record => record.End <= end))
        {
            if (RewindTarget(record.Json) is { } target)
            {
                var first = Math.Max(0, places.IndexOf(target));
                while (places.Count > first)
                {
                    places.RemoveAt(places.Count - 1);
                }
            }
            else if (IsMessage(record.Json))
            {
                places[IdOf(record.Json, record.Start, 0)] = (record.Start, null);
            }
            else if (ListIn(record.Json) is { } list)
            {
                places.Clear();
                var index = 0;
                foreach (var message in list)
                {
                    places[IdOf(message, record.Start, index)] = (record.Start, index);
                    index++;
                }
            }
        }

        (ChatRecord Record, List<JsonElement>? List)? read = null;
        for (var i = places.Count - 1; i >= 0; i--)
        {
            var (id, place) = places.GetAt(i);
            if (read?.Record.Start != place.Start)
            {
                // The file may have been replaced since.
                if (At(path, place.Start) is not { } record)
                {
                    yield break;
                }

                read = (record, ListIn(record.Json)?.ToList());
            }

            var (there, messages) = read.Value;
            if (place.Index is not { } index)
            {
                yield return (id, there.Json, there.End);
            }
            else if (messages is not null && index < messages.Count)
            {
                yield return (id, messages[index], there.End);
            }
        }
    }

    private static ChatRecord? At(string path, long start)
    {
        foreach (var record in IsDocument(path) ? Document(path) : Parsed(JsonLines.Forward(path, start)))
        {
            return record.Start == start ? record : null;
        }

        return null;
    }

    private static string IdOf(JsonElement message, long start, int index) => message.Text("id") ?? $"@{start}/{index}";

    private static bool IsDocument(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    private static IEnumerable<ChatRecord> Document(string path)
    {
        if (NativeFile.ReadSmall(path, LargestDocumentBytes) is { } file && RecordFiles.Parse(file) is { } json)
        {
            yield return new ChatRecord(json, 0, file.Length);
        }
    }

    private static IEnumerable<ChatRecord> Parsed(IEnumerable<JsonLine> lines)
    {
        foreach (var line in lines)
        {
            if (RecordFiles.Parse(line.Bytes) is { } json)
            {
                yield return new ChatRecord(json, line.Start, line.End);
            }
        }
    }
}
