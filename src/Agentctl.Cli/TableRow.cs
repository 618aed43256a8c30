using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>
/// Reads what a table shows of a row's JSON, and skips the rest: a list of all may have thousands of rows, and the general
/// deserializer would take most of the command's time.
/// </summary>
internal static class TableRow
{
    // {"id":"2d90595b-…","adapter":"claude-code","status":"running","alive":true,"startedAt":"2026-11-21T01:21:28.384Z",…,
    //  "owner":"terminal","meta":{…},"evidence":{"source":"…","fact":"…","observedAt":"…"}}
    public static SessionRow Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        return Read(ref reader);
    }

    /// <param name="reader">At the start of the row; at its end afterwards.</param>
    public static SessionRow Read(ref Utf8JsonReader reader)
    {
        string id = "", adapter = "", status = "", owner = "";
        var alive = false;
        DateTimeOffset? startedAt = null, stoppedAt = null, lastActivityAt = null;
        string? reason = null, cwd = null, model = null, prompt = null, group = null;
        var evidence = new RowEvidence("", "", DateTimeOffset.UnixEpoch);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;

            // By length first: a row has some twenty keys, and comparing each with all would show.
            switch (name.Length)
            {
                case 2 when name.SequenceEqual("id"u8): id = Text(ref reader) ?? ""; break;
                case 3 when name.SequenceEqual("cwd"u8): cwd = Text(ref reader); break;
                case 5 when name.SequenceEqual("alive"u8): reader.Read(); alive = reader.GetBoolean(); break;
                case 5 when name.SequenceEqual("model"u8): model = Text(ref reader); break;
                case 5 when name.SequenceEqual("owner"u8): owner = Word(ref reader); break;
                case 5 when name.SequenceEqual("group"u8): group = Text(ref reader); break;
                case 6 when name.SequenceEqual("status"u8): status = Word(ref reader); break;
                case 6 when name.SequenceEqual("reason"u8): reason = Word(ref reader); break;
                case 6 when name.SequenceEqual("prompt"u8): prompt = Text(ref reader); break;
                case 7 when name.SequenceEqual("adapter"u8): adapter = Word(ref reader); break;
                case 8 when name.SequenceEqual("evidence"u8): evidence = Evidence(ref reader, hasFact: status == "queued"); break;
                case 9 when name.SequenceEqual("startedAt"u8): startedAt = Time(ref reader); break;
                case 9 when name.SequenceEqual("stoppedAt"u8): stoppedAt = Time(ref reader); break;
                case 14 when name.SequenceEqual("lastActivityAt"u8): lastActivityAt = Time(ref reader); break;
                default: reader.Read(); reader.Skip(); break;
            }
        }

        return new SessionRow
        {
            Meta = Sighting.NoMeta,
            Id = id, Adapter = adapter, Status = status, Reason = reason, Alive = alive, StartedAt = startedAt, StoppedAt = stoppedAt,
            LastActivityAt = lastActivityAt, Cwd = cwd, Model = model, Prompt = prompt, Owner = owner, Group = group,
            Evidence = evidence,
        };
    }

    /// <param name="hasFact">What is queued is shown with what it waits for; of others only the time is used.</param>
    private static RowEvidence Evidence(ref Utf8JsonReader reader, bool hasFact)
    {
        var (fact, observedAt) = ("", DateTimeOffset.UnixEpoch);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTime = reader.ValueTextEquals("observedAt"u8);
            var isFact = hasFact && reader.ValueTextEquals("fact"u8);
            reader.Read();
            if (isTime)
            {
                observedAt = reader.GetDateTimeOffset();
            }
            else if (isFact)
            {
                fact = reader.GetString() ?? "";
            }
        }

        return new RowEvidence("", fact, observedAt);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    /// <summary>One of few words, that thousands of rows share.</summary>
    private static string Word(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.ValueSpan switch
        {
            var text when text.SequenceEqual("stopped"u8) => "stopped",
            var text when text.SequenceEqual("done"u8) => Reasons.Done,
            var text when text.SequenceEqual("claude-code"u8) => "claude-code",
            var text when text.SequenceEqual("codex"u8) => "codex",
            var text when text.SequenceEqual("unknown"u8) => "unknown",
            _ => reader.GetString() ?? "",
        };
    }

    private static DateTimeOffset? Time(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetDateTimeOffset();
    }
}
