using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>Answers as bytes: documents, and the problems of RFC 9457.</summary>
public static class Replies
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ApiReply Ok<T>(T document, JsonTypeInfo<T> type) => new(200, JsonSerializer.SerializeToUtf8Bytes(document, type));

    public static ApiReply Problem(ProblemDocument problem) =>
        new(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Readable.ProblemDocument));

    public static ApiReply NotFound(string reference, IReadOnlyList<string> couldNotLook) => Problem(new ProblemDocument(
        "/problems/not-found",
        "Session not found",
        404,
        couldNotLook.Count == 0
            ? $"Session not found: {reference}. `agentctl list -a` shows what there is."
            : $"Session not found: {reference}. It may well exist: {string.Join("; ", couldNotLook)}.",
        CouldNotLook: couldNotLook.Count > 0 ? couldNotLook : null));

    public static ApiReply Ambiguous(string reference, IReadOnlyList<ResolvedSession> candidates) => Problem(new ProblemDocument(
        "/problems/ambiguous",
        "Ambiguous session",
        409,
        $"{reference} could mean {candidates.Count} sessions; give more of the id.",
        Candidates: [.. candidates.Select(static candidate => candidate.ToString()).Order(StringComparer.Ordinal)]));

    public static ApiReply BadRequest(string detail) => Problem(new ProblemDocument("/problems/bad-request", "Bad request", 400, detail));

    /// <summary>It was understood, and is not done: locked, denied, no slot, no consent.</summary>
    public static ApiReply Refused(string type, string detail) => Problem(new ProblemDocument(type, "Refused", 409, detail));

    /// <summary>The request was carried out and did not succeed: an agent, another program or the disk failed.</summary>
    public static ApiReply Failed(string detail) => Problem(new ProblemDocument("/problems/failed", "Failed", 502, detail));

    /// <summary>The adapter that has the session failed while it was read.</summary>
    public static ApiReply CouldNotLook(string adapter, string error) => Problem(new ProblemDocument(
        "/problems/could-not-look", "Could not look", 503, error, CouldNotLook: [$"{adapter}: {error}"]));

    /// <summary>What a problem says.</summary>
    internal static string DetailOf(ApiReply problem) => JsonSerializer.Deserialize(problem.Body.Span, ApiJson.Default.ProblemDocument)!.Detail;

    /// <summary>A reference that does not mean one session.</summary>
    internal static ApiReply NotOne(string reference, Lookup lookup) => lookup switch
    {
        Lookup.Ambiguous several => Ambiguous(reference, several.Candidates),
        Lookup.NotFound none => NotFound(reference, none.CouldNotLook),
        _ => throw new InvalidOperationException("a found session is no problem"),
    };

    /// <summary>A <see cref="SessionsDocument"/>.</summary>
    /// <param name="rows">With the commas between them.</param>
    internal static ApiReply Sessions(IReadOnlyList<ReadOnlyMemory<byte>> rows, IReadOnlyList<AdapterOutcome> outcomes, IReadOnlyList<string>? shortIds) =>
        new(200, "{\"sessions\":["u8.ToArray(), [.. rows, AfterRows(outcomes, shortIds)]);

    private static ReadOnlyMemory<byte> AfterRows(IReadOnlyList<AdapterOutcome> outcomes, IReadOnlyList<string>? shortIds)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteStartArray("adapters"u8);
        foreach (var outcome in outcomes)
        {
            JsonSerializer.Serialize(json, Report(outcome), ApiJson.Readable.AdapterReport);
        }

        json.WriteEndArray();
        if (shortIds is not null)
        {
            json.WriteStartArray("shortIds"u8);
            foreach (var id in shortIds)
            {
                json.WriteStringValue(id);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();

        // The object was opened before the rows, whose array ends here.
        return (byte[])[.. "],"u8, .. buffer.WrittenSpan[1..]];
    }

    internal static AdapterReport Report(AdapterOutcome outcome) => new(
        outcome.Adapter,
        outcome.Status switch
        {
            AdapterStatus.Ok => "ok",
            AdapterStatus.Partial => "partial",
            AdapterStatus.Failed => "failed",
            _ => "timed-out",
        },
        Math.Round(outcome.Took.TotalMilliseconds, 1),
        outcome.Error,
        outcome.Problems,
        outcome.Notes,
        outcome.LastAnswerAt);
}
