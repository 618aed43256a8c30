using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>What a conversation held before it was resumed, so that only what is new is shown.</summary>
/// <param name="Last">The cursor of its newest entry.</param>
/// <param name="ResumedAt">What is younger is new, even when it stands in another file.</param>
internal sealed record SaidBefore(long Last, DateTimeOffset ResumedAt)
{
    /// <returns>Null when nothing is known to be old: of an agent whose output is its conversation, a new run begins a new one.</returns>
    public static async Task<SaidBefore?> In(IAgentctlApi api, string reference, Surroundings around, CancellationToken cancellationToken)
    {
        var resumedAt = around.Time.GetUtcNow();
        var status = await api.Status(reference, cancellationToken);
        if (!status.IsOk
            || JsonSerializer.Deserialize(status.Body.Span, ApiJson.Default.SessionRow)! is not { } row
            || !KnownAdapters.KeepsTranscripts(row.Adapter, around.Environment))
        {
            return null;
        }

        var newest = await api.Transcript($"{row.Adapter}/{row.Id}", new TranscriptQuery(Last: 1), cancellationToken);
        if (!newest.IsOk)
        {
            return null;
        }

        long? last = null;
        await foreach (var part in newest.Parts.WithCancellation(cancellationToken))
        {
            last = JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!.Cursor;
        }

        return last is { } cursor ? new SaidBefore(cursor, resumedAt) : null;
    }

    public bool Contains(TranscriptLine entry) => entry.Cursor <= Last && !(entry.At >= ResumedAt);
}
