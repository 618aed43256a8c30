using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>An ACP session's history as a transcript, for agents whose own records nobody reads.</summary>
internal static class AcpTranscript
{
    public static async IAsyncEnumerable<TranscriptEntry> Read(AcpStore store, string conversation, TranscriptRange range)
    {
        var entries = new AcpHistory(store, conversation).Entries()
            .Select(static (entry, index) => new TranscriptEntry(RoleOf(entry), entry.Text, null, entry.At, null, index + 1))
            .Where(entry => entry.Cursor > (range.After ?? 0) && (range.Role is null || entry.Role == range.Role));

        // The last ones are known when all were read; all of them are handed on one by one, for together they may be larger than memory.
        foreach (var entry in range.Last is { } last ? await Task.Run(() => entries.TakeLast(last).ToList()).ConfigureAwait(false) : entries)
        {
            yield return entry;
        }
    }

    private static string RoleOf(AcpHistoryEntry entry) => entry.Role == "notice" ? "system" : entry.Role;
}
