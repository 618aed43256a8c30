using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What a journal says is unfinished.</summary>
internal sealed record AcpLeft
{
    /// <summary>The newest agent that was ready.</summary>
    public JournalEntry? Ready { get; private set; }

    /// <summary>The prompt that was begun and has no end, and how it was begun.</summary>
    public JournalEntry? Begun { get; private set; }
    public JournalEntry? BegunPrompt { get; private set; }
    public bool IsCancelled { get; private set; }

    /// <summary>The newest end was told although the agent had not answered: it may work on that prompt still.</summary>
    public bool IsUnsettled { get; private set; }

    /// <summary>Where the newest finished turn ended in the output.</summary>
    public long? Mark { get; private set; }

    /// <summary>A turn has been carried to its end.</summary>
    public bool HasCarried { get; private set; }
    public IReadOnlyList<JournalEntry> Waiting { get; private set; } = [];
    public JournalEntry? LastPrompt { get; private set; }

    /// <summary>Questions of the turn in progress that no person has answered.</summary>
    public IReadOnlyList<JournalEntry> Asks { get; private set; } = [];
    public DateTimeOffset? LastEndAt => LastEnd?.At;

    /// <summary>Where the oldest prompt stands that has no end; the end of the journal when all have.</summary>
    public static long NeededFrom(string journalPath)
    {
        var waiting = new Dictionary<string, long>(StringComparer.Ordinal);
        var at = 0L;
        foreach (var (entry, next) in AcpJournal.Read(journalPath, 0))
        {
            if (entry.Kind == JournalKinds.Prompt)
            {
                waiting[entry.Request!] = at;
            }
            else if (entry.Kind == JournalKinds.End)
            {
                waiting.Remove(entry.Request!);
            }

            at = next;
        }

        return waiting.Count > 0 ? waiting.Values.Min() : at;
    }

    /// <summary>How the newest prompt that has one ended.</summary>
    public JournalEntry? LastEnd { get; private set; }

    public static AcpLeft Read(string journalPath)
    {
        var reading = new Reading();
        foreach (var (entry, _) in AcpJournal.Read(journalPath, 0))
        {
            reading.Add(entry);
        }

        return reading.Now();
    }

    /// <summary>Entries one after the other, so that a journal that grows is not read again.</summary>
    public sealed class Reading
    {
        private readonly AcpLeft left = new();
        private readonly Dictionary<string, JournalEntry> waiting = new(StringComparer.Ordinal);
        private readonly Dictionary<string, JournalEntry> asks = new(StringComparer.Ordinal);

        public AcpLeft Now() => left with
        {
            Waiting = [.. waiting.Values.Where(entry => entry.Request != left.BegunPrompt?.Request)],
            Asks = left.Begun is null ? [] : [.. asks.Values],
        };

        public void Add(JournalEntry entry)
        {
            switch (entry.Kind)
            {
                case JournalKinds.Prompt:
                    waiting[entry.Request!] = entry;
                    left.LastPrompt = entry;
                    break;
                case JournalKinds.Ready:
                    left.Ready = entry;
                    left.Mark = entry.Offset;
                    break;
                case JournalKinds.Begin:
                    left.Begun = entry;
                    left.BegunPrompt = waiting.GetValueOrDefault(entry.Request!);
                    left.IsCancelled = left.IsUnsettled = false;
                    asks.Clear();
                    break;
                case JournalKinds.Ask:
                    asks[entry.Approval!.Id] = entry;
                    break;
                case JournalKinds.Answer:
                    asks.Remove(entry.Approval!.Id);
                    break;
                case JournalKinds.Cancel:
                    left.IsCancelled = true;
                    break;
                case JournalKinds.Exit:
                    left.Ready = null;
                    left.IsUnsettled = false;
                    break;
                case JournalKinds.End:
                    waiting.Remove(entry.Request!);
                    left.LastEnd = entry;
                    if (entry.Request == left.Begun?.Request)
                    {
                        left.Begun = left.BegunPrompt = null;
                        left.Mark = entry.Offset ?? left.Mark;
                        left.HasCarried = true;
                        left.IsUnsettled = entry is { Status: "timed-out", StopReason: null };
                    }

                    break;
            }
        }
    }
}

/// <summary>Notes what a launch's adapter cannot know: the session id that the protocol told.</summary>
internal static class AcpLaunchNote
{
    public static void Tell(LaunchPlaces places, string launchId, string sessionId) => Platform.DurableFile.Replace(
        Path.Combine(places.Of(launchId), LaunchFiles.Session),
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new ToldRecord(sessionId), LaunchJson.Default.ToldRecord),
        UnixFileMode.UserRead | UnixFileMode.UserWrite);
}
