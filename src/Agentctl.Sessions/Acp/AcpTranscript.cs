using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>An ACP session's history as a transcript, for agents whose own records nobody reads. Not thread-safe.</summary>
internal sealed class AcpTranscript(AcpStore store, string conversation) : IDisposable
{
    private readonly HistoryReader history = new(store, conversation);
    private long count;

    /// <summary>All of it.</summary>
    /// <param name="isGrowing">The session is alive and is followed: what the agent is about to say comes when it is whole.</param>
    public static async IAsyncEnumerable<TranscriptEntry> Read(AcpStore store, string conversation, TranscriptRange range, bool isGrowing)
    {
        using var transcript = new AcpTranscript(store, conversation);
        var entries = transcript.Next(range, withUnfinished: !isGrowing);

        // The last ones are known when all were read; all of them are handed on one by one, for together they may be larger than memory.
        foreach (var entry in range.Last is { } last ? await Task.Run(() => entries.TakeLast(last).ToList()).ConfigureAwait(false) : entries)
        {
            yield return entry;
        }
    }

    /// <summary>What is new since the last call, and in the range.</summary>
    /// <param name="withUnfinished">Also what the agent has said last in a turn without an end; nothing of that turn comes after it.</param>
    public async IAsyncEnumerable<TranscriptEntry> News(TranscriptRange range, bool withUnfinished)
    {
        foreach (var entry in await Task.Run(() => Next(range, withUnfinished).ToList()).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    public void Dispose() => history.Dispose();

    private IEnumerable<TranscriptEntry> Next(TranscriptRange range, bool withUnfinished)
    {
        foreach (var entry in history.Next())
        {
            if (In(range, entry) is { } one)
            {
                yield return one;
            }
        }

        if (withUnfinished && history.Unfinished() is { } last && In(range, last) is { } rest)
        {
            yield return rest;
        }
    }

    private TranscriptEntry? In(TranscriptRange range, AcpHistoryEntry entry)
    {
        var role = entry.Role == "notice" ? "system" : entry.Role;
        return ++count > (range.After ?? 0) && (range.Role is null || role == range.Role) ? new TranscriptEntry(role, entry.Text, null, entry.At, null, count) : null;
    }
}
