using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The entries of one conversation as it grows: each comes once, and its files are read in one pass. Not thread-safe.</summary>
internal sealed class HistoryReader : IDisposable
{
    private readonly AcpStore store;
    private readonly JournalReader journal;
    private JournalEntry? begun;
    private TurnReader? turn;
    private string? session;

    /// <summary>How much the agent had written before the journal was opened: what comes later may belong to another turn.</summary>
    private long writtenBefore;

    public HistoryReader(AcpStore store, string conversation)
    {
        this.store = store;
        journal = new JournalReader(store.JournalOf(conversation), 0, () => writtenBefore = begun is null ? 0 : NativeFile.Stat(store.OutputOf(begun.Launch!))?.SizeBytes ?? 0);
    }

    /// <summary>What is complete and was not returned before. Enumerate all of it.</summary>
    public IEnumerable<AcpHistoryEntry> Next()
    {
        while (journal.Next() is { } entry)
        {
            foreach (var one in At(entry))
            {
                yield return one;
            }
        }

        if (turn is not null)
        {
            foreach (var (role, text) in turn.Read(writtenBefore))
            {
                yield return new AcpHistoryEntry(role, begun!.At, text, begun.Request);
            }
        }
    }

    /// <summary>What the agent has said last in a turn without an end; null when that is nothing. Nothing of that turn is read after it.</summary>
    public AcpHistoryEntry? Unfinished()
    {
        var rest = turn?.Rest();
        turn = null;
        return rest is { } said ? new AcpHistoryEntry(said.Role, begun!.At, said.Text, begun.Request) : null;
    }

    public void Dispose() => journal.Dispose();

    private IEnumerable<AcpHistoryEntry> At(JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalKinds.Prompt:
                yield return new AcpHistoryEntry("user", entry.At, PromptBlocks.Text(entry.Prompt), entry.Request);
                break;
            case JournalKinds.Ready:
                session = entry.SessionId;
                break;
            case JournalKinds.Begin:
                (begun, turn) = (entry, new TurnReader(store.OutputOf(entry.Launch!), entry, session));
                break;
            case JournalKinds.Notice:
                yield return new AcpHistoryEntry("notice", entry.At, entry.Text ?? "", null);
                break;
            case JournalKinds.End:
                if (begun is not null && begun.Request == entry.Request)
                {
                    foreach (var (role, text) in turn?.Read(entry.Launch == begun.Launch ? entry.Offset ?? long.MaxValue : long.MaxValue) ?? [])
                    {
                        yield return new AcpHistoryEntry(role, entry.At, text, entry.Request);
                    }

                    if (turn?.Rest() is { } said)
                    {
                        yield return new AcpHistoryEntry(said.Role, entry.At, said.Text, entry.Request);
                    }

                    begun = null;
                    turn = null;
                }

                if (entry.Status is not ("completed" or "cancelled"))
                {
                    yield return new AcpHistoryEntry("notice", entry.At, $"{entry.Status}: {entry.Problem}", entry.Request);
                }

                break;
        }
    }
}
