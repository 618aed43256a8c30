using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>A session's conversation, put together from its journal (what was asked, when) and the output of its agents (what was answered).</summary>
internal sealed class AcpHistory(AcpStore store, string conversation)
{
    /// <summary>Every entry, oldest first; each with a time of its own.</summary>
    public IEnumerable<AcpHistoryEntry> Entries()
    {
        JournalEntry? begun = null;
        string? session = null;
        foreach (var (entry, _) in AcpJournal.Read(store.JournalOf(conversation), 0))
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
                    begun = entry;
                    break;
                case JournalKinds.Notice:
                    yield return new AcpHistoryEntry("notice", entry.At, entry.Text ?? "", null);
                    break;
                case JournalKinds.End:
                    if (begun is not null && begun.Request == entry.Request)
                    {
                        foreach (var said in Said(begun, entry.Launch == begun.Launch ? entry.Offset : null, session))
                        {
                            yield return new AcpHistoryEntry(said.Role, entry.At, said.Text, entry.Request);
                        }

                        begun = null;
                    }

                    if (entry.Status is not ("completed" or "cancelled"))
                    {
                        yield return new AcpHistoryEntry("notice", entry.At, $"{entry.Status}: {entry.Problem}", entry.Request);
                    }

                    break;
            }
        }

        if (begun is not null)
        {
            foreach (var said in Said(begun, null, session))
            {
                yield return new AcpHistoryEntry(said.Role, begun.At, said.Text, begun.Request);
            }
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
            : answer ?? string.Concat(Said(begun, end?.Launch == begun.Launch ? end?.Offset : null, start.Session).Where(static said => said.Role == "assistant").Select(static said => said.Text));
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

    /// <summary>What the agent said and did between two places of its output; of what it said at most <see cref="AcpLimits.KeptAnswer"/>.</summary>
    /// <param name="session">Updates of other sessions are not of this one; null takes all.</param>
    private IEnumerable<(string Role, string Text)> Said(JournalEntry begun, long? end, string? session)
    {
        var message = new StringBuilder();
        var (left, dropped) = (AcpLimits.KeptAnswer, 0L);
        var tools = new Dictionary<string, ToolCall>(StringComparer.Ordinal);
        var lines = JsonLines.Forward(store.OutputOf(begun.Launch!), begun.Offset ?? 0).TakeWhile(line => line.Start < (end ?? long.MaxValue));
        foreach (var (said, told) in lines.SelectMany(static line => UpdatesOf(WireText.Repaired(line.Bytes))))
        {
            if (told is null)
            {
                Take(said.Kind, said.SessionId, said.Text);
                continue;
            }

            if (session is not null && told.SessionId != session)
            {
                continue;
            }

            switch (told.Update)
            {
                case SessionUpdate.Chunk { Content: ContentBlock.Text unusual } chunk:
                    Take(chunk.Kind, told.SessionId, unusual.Value);
                    break;
                case SessionUpdate.ToolCallBegun { Call: var call } when tools.Count < MostTools:
                    tools[call.ToolCallId] = WithoutContent(call);
                    break;
                case SessionUpdate.ToolCallChanged { Change: var change }:
                    var now = WithoutContent(change.Over(tools.GetValueOrDefault(change.ToolCallId)));
                    if (tools.Count < MostTools || tools.ContainsKey(change.ToolCallId))
                    {
                        tools[change.ToolCallId] = now;
                    }

                    if (change.Status is ToolStatuses.Completed or ToolStatuses.Failed)
                    {
                        if (message.Length > 0)
                        {
                            yield return ("assistant", message.ToString());
                            message.Clear();
                        }

                        yield return ("tool", $"{now.Title} ({now.Status})");
                    }

                    break;
            }
        }

        if (dropped > 0)
        {
            message.Append(CultureInfo.InvariantCulture, $"\n[agentctl] {dropped} more characters of this answer are in {store.OutputOf(begun.Launch!)}\n");
        }

        if (message.Length > 0)
        {
            yield return ("assistant", message.ToString());
        }

        void Take(string kind, string of, string text)
        {
            if (kind == SessionUpdate.Chunk.Agent && (session is null || of == session))
            {
                var length = Math.Min(text.Length, left);
                message.Append(text, 0, length);
                left -= length;
                dropped += text.Length - length;
            }
        }
    }

    /// <summary>What a line tells of sessions: a piece of text, or else an update. More than one when several messages stand on the line.</summary>
    private static IEnumerable<(TextChunk Said, SessionNotification? Update)> UpdatesOf(ReadOnlyMemory<byte> line)
    {
        if (TextChunk.TryRead(line.Span, out var said))
        {
            return [(said, null)];
        }

        return UpdateOf(line) is { } update ? [(default, update)]
            : line.Span.IndexOf("session/update"u8) < 0 ? []
            : MessageLine.Split(line).Where(message => message.Length < line.Length).SelectMany(UpdatesOf);
    }

    private const int MostTools = 10_000;

    private static ToolCall WithoutContent(ToolCall call) => new() { ToolCallId = call.ToolCallId, Title = call.Title, Status = call.Status };

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
