using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>A session's conversation, put together from its journal (what was asked, when) and the output of its agents (what was answered).</summary>
internal sealed class AcpHistory(AcpStore store, string conversation)
{
    /// <summary>Every entry, oldest first; each with a time of its own.</summary>
    public IEnumerable<AcpHistoryEntry> Entries()
    {
        using var reader = new HistoryReader(store, conversation);
        foreach (var entry in reader.Next())
        {
            yield return entry;
        }

        if (reader.Unfinished() is { } last)
        {
            yield return last;
        }
    }

    /// <summary>The newest entries and how many there are in all. What is older than fits into <see cref="MostTextLength"/> is named, not kept.</summary>
    public (IReadOnlyList<AcpHistoryEntry> Entries, int Count) Newest(int? last)
    {
        var kept = new Queue<AcpHistoryEntry>();
        var (count, length, dropped) = (0, 0L, 0);
        foreach (var entry in Entries())
        {
            count++;
            length += entry.Text.Length;
            kept.Enqueue(entry);
            while (kept.Count > 1 && (kept.Count > (last ?? int.MaxValue) || length > MostTextLength))
            {
                dropped += kept.Count > (last ?? int.MaxValue) ? 0 : 1;
                length -= kept.Dequeue().Text.Length;
            }
        }

        return (dropped == 0
            ? [.. kept]
            : [new AcpHistoryEntry("notice", kept.Peek().At, $"{count - kept.Count} earlier entries are left out: together they are longer than {MostTextLength >> 20} million characters.", null), .. kept], count);
    }

    private const int MostTextLength = 16 << 20;

    /// <summary>Where in the journal a prompt's entry of this kind stands; null when there is none.</summary>
    public long? PlaceOf(string request, string kind)
    {
        var at = 0L;
        foreach (var (entry, next) in AcpJournal.Read(store.JournalOf(conversation), 0))
        {
            if (entry.Kind == kind && entry.Request == request)
            {
                return at;
            }

            at = next;
        }

        return null;
    }

    /// <summary>How a prompt stands, or went; null when there is none of that name.</summary>
    public PromptResultDocument? Result(string request)
    {
        var prompts = new UnfinishedPrompts();
        JournalEntry? end = null;
        PromptStart? ended = null;
        foreach (var (entry, _) in AcpJournal.Read(store.JournalOf(conversation), 0))
        {
            if (entry.Kind == JournalKinds.End && entry.Request == request)
            {
                (ended, end) = (prompts.Take(request) ?? ended, entry);
            }
            else if (entry.Kind == JournalKinds.Ready || entry.Request == request)
            {
                prompts.Add(entry);
            }
        }

        return (prompts.Find(request) ?? ended) is { } start ? ResultOf(request, start, end) : null;
    }

    /// <summary>How a prompt stands whose entries the caller has read.</summary>
    /// <param name="end">Null while it has none.</param>
    /// <param name="answer">What the agent said in its turn, when the caller has read that already.</param>
    public PromptResultDocument ResultOf(string request, PromptStart start, JournalEntry? end, string? answer = null)
    {
        var text = start.Begun is not { } begun
            ? null
            : answer ?? Answer(begun, end?.Launch == begun.Launch ? end?.Offset ?? long.MaxValue : long.MaxValue, start.Session);
        return new PromptResultDocument(
            request, conversation, end?.Status ?? (start.Begun is null ? "queued" : "running"), end?.StopReason, end?.Problem, end?.ProblemType, text, end?.Usage, end?.Permissions, start.Begun?.At, end?.At);
    }

    /// <summary>The prompts without an end among the entries up to a position, one end among them left out.</summary>
    public UnfinishedPrompts UnfinishedAt(long position, JournalEntry without)
    {
        var prompts = new UnfinishedPrompts();
        foreach (var (entry, _) in AcpJournal.Read(store.JournalOf(conversation), 0).TakeWhile(one => one.Next <= position))
        {
            if (entry.Kind == JournalKinds.End && entry.Request != without.Request)
            {
                _ = prompts.Take(entry.Request!);
            }
            else
            {
                prompts.Add(entry);
            }
        }

        return prompts;
    }

    /// <summary>What the agent said in a turn.</summary>
    private string Answer(JournalEntry begun, long end, string? session)
    {
        var turn = new TurnReader(store.OutputOf(begun.Launch!), begun, session);
        return string.Concat(turn.Read(end).Where(static said => said.Role == "assistant").Select(static said => said.Text)) + turn.Rest()?.Text;
    }

    /// <summary>What a line tells of sessions: a piece of text, or else an update. More than one when several messages stand on the line.</summary>
    public static IEnumerable<(TextChunk Said, SessionNotification? Update)> UpdatesOf(ReadOnlyMemory<byte> line)
    {
        if (TextChunk.TryRead(line.Span, out var said))
        {
            return [(said, null)];
        }

        return UpdateOf(line) is { } update ? [(default, update)]
            : line.Span.IndexOf("session/update"u8) < 0 ? []
            : MessageLine.Split(line).Where(message => message.Length < line.Length).SelectMany(UpdatesOf);
    }

    /// <summary>What a line of an agent's output tells of a session; null when it is something else.</summary>
    /// <param name="line">Repaired: <see cref="WireText"/>.</param>
    public static SessionNotification? UpdateOf(ReadOnlyMemory<byte> line)
    {
        if (line.Span.IndexOf("session/update"u8) < 0)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line, AcpConnection.Deep);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("params", out var parameters) ? SessionNotification.Read(parameters) : null;
        }
        catch (Exception nonsense) when (nonsense is JsonException or AcpFormatException)
        {
            return null;
        }
    }
}
