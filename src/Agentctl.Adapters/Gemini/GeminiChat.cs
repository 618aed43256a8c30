using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Gemini;

/// <summary>One record of a chat file and where it stands.</summary>
/// <param name="Place">Counts the records that share its line, in the order of the reading.</param>
internal readonly record struct ChatRecord(JsonElement Json, long Start, long End, int Place);

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
    public static IEnumerable<ChatRecord> Forward(string path, DamagedRecords damaged, long limitBytes = long.MaxValue) =>
        IsDocument(path) ? Document(path) : Parsed(JsonLines.Forward(path).Within(limitBytes), damaged);

    /// <summary>The newest first.</summary>
    public static IEnumerable<ChatRecord> Backward(string path, DamagedRecords damaged, long limitBytes = long.MaxValue) =>
        IsDocument(path) ? Document(path) : Parsed(JsonLines.Backward(path).Within(limitBytes), damaged, newestFirst: true);

    public static bool IsMessage(JsonElement record) => record.Text("type") is "user" or "gemini" or "error" or "info" or "warning";

    public static string? RewindTarget(JsonElement record) => record.Text("$rewindTo");

    /// <summary>The messages that a record holds in a list; null when it holds none.</summary>
    public static IEnumerable<JsonElement>? ListIn(JsonElement record) =>
        record.Member("$set")?.Member("messages") is { ValueKind: JsonValueKind.Array } replaced ? replaced.EnumerateArray().Where(IsMessage)
        : record.Text("sessionId") is not null && record.Member("messages") is { ValueKind: JsonValueKind.Array } initial ? initial.EnumerateArray().Where(IsMessage)
        : null;

    /// <summary>Every version of every message that was ever written, with its id, oldest first.</summary>
    public static IEnumerable<(string Id, JsonElement Message)> Versions(string path, DamagedRecords damaged)
    {
        foreach (var record in Forward(path, damaged))
        {
            if (IsMessage(record.Json))
            {
                yield return (IdOf(record.Json, record.Start, record.Place), record.Json);
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
    public static IEnumerable<(JsonElement Message, long End)> Messages(string path, DamagedRecords damaged, long tailBytes = long.MaxValue)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var record in Backward(path, damaged, tailBytes))
        {
            if (RewindTarget(record.Json) is not null || ListIn(record.Json) is not null)
            {
                foreach (var earlier in Standing(path, record.End, damaged))
                {
                    if (seen.Add(earlier.Id))
                    {
                        yield return (earlier.Message, earlier.End);
                    }
                }

                yield break;
            }

            if (IsMessage(record.Json) && seen.Add(IdOf(record.Json, record.Start, record.Place)))
            {
                yield return (record.Json, record.End);
            }
        }
    }

    /// <summary>The messages that stood when the file had a length, newest first.</summary>
    private static IEnumerable<(string Id, JsonElement Message, long End)> Standing(string path, long end, DamagedRecords damaged)
    {
        // Places, not messages: a conversation may be larger than what should be held in memory.
        var places = new OrderedDictionary<string, (long Start, int Place, int? Index)>(StringComparer.Ordinal);
        foreach (var record in Forward(path, damaged).TakeWhile(record => record.End <= end))
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
                places[IdOf(record.Json, record.Start, record.Place)] = (record.Start, record.Place, null);
            }
            else if (ListIn(record.Json) is { } list)
            {
                places.Clear();
                var index = 0;
                foreach (var message in list)
                {
                    places[IdOf(message, record.Start, index)] = (record.Start, record.Place, index);
                    index++;
                }
            }
        }

        (ChatRecord Record, List<JsonElement>? List)? read = null;
        for (var i = places.Count - 1; i >= 0; i--)
        {
            var (id, place) = places.GetAt(i);
            if (read?.Record.Start != place.Start || read?.Record.Place != place.Place)
            {
                // The file may have been replaced since.
                if (At(path, place.Start, place.Place) is not { } record)
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

    private static ChatRecord? At(string path, long start, int place)
    {
        var records = IsDocument(path) ? Document(path) : Parsed(JsonLines.Forward(path, start).Take(1), new DamagedRecords());
        return records.Where(record => record.Start == start && record.Place == place).Select(static record => (ChatRecord?)record).FirstOrDefault();
    }

    private static string IdOf(JsonElement message, long start, int index) => message.Text("id") ?? $"@{start}/{index}";

    private static bool IsDocument(string path) => path.EndsWith(".json", StringComparison.Ordinal);

    /// <exception cref="CannotLookException">The file cannot be read, or is no JSON object.</exception>
    private static IEnumerable<ChatRecord> Document(string path)
    {
        if (ForeignFile.Read(path, LargestDocumentBytes, out var problem) is { } json)
        {
            yield return new ChatRecord(json, 0, 1, 0);
        }
        else if (problem is not null)
        {
            throw new CannotLookException(problem);
        }
    }

    private static IEnumerable<ChatRecord> Parsed(IEnumerable<JsonLine> lines, DamagedRecords damaged, bool newestFirst = false)
    {
        // Records that share a line are told apart by their place in it, counted from its start or from its end.
        var (line, place) = (-1L, 0);
        foreach (var (there, json) in ForeignRecords.Objects(lines, damaged, newestFirst))
        {
            (line, place) = there.Start == line ? (line, place + 1) : (there.Start, 0);
            yield return new ChatRecord(json, there.Start, there.End, place);
        }
    }
}
