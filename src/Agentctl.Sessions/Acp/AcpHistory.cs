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
        var prompts = new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        JournalEntry? begun = null;
        foreach (var (entry, _) in AcpJournal.Read(store.JournalOf(conversation), 0))
        {
            switch (entry.Kind)
            {
                case JournalKinds.Prompt:
                    prompts[entry.Request!] = entry;
                    yield return new AcpHistoryEntry("user", entry.At, PromptBlocks.Text(entry.Prompt), entry.Request);
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
                        foreach (var said in Said(begun, entry.Launch == begun.Launch ? entry.Offset : null))
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
            foreach (var said in Said(begun, null))
            {
                yield return new AcpHistoryEntry(said.Role, begun.At, said.Text, begun.Request);
            }
        }
    }

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
    /// <param name="answer">What the agent said in its turn, when the caller has read that already.</param>
    public PromptResultDocument? Result(string request, string? answer = null)
    {
        JournalEntry? prompt = null, begun = null, end = null;
        foreach (var (entry, _) in AcpJournal.Read(store.JournalOf(conversation), 0))
        {
            if (entry.Request == request)
            {
                (prompt, begun, end) = entry.Kind switch
                {
                    JournalKinds.Prompt => (entry, begun, end),
                    JournalKinds.Begin => (prompt, entry, end),
                    JournalKinds.End => (prompt, begun, entry),
                    _ => (prompt, begun, end),
                };
            }
        }

        if (prompt is null)
        {
            return null;
        }

        var text = begun is null ? null : answer ?? string.Concat(Said(begun, end?.Launch == begun.Launch ? end?.Offset : null).Where(static said => said.Role == "assistant").Select(static said => said.Text));
        return new PromptResultDocument(
            request, conversation, end?.Status ?? (begun is null ? "queued" : "running"), end?.StopReason, end?.Problem, end?.ProblemType, text, end?.Usage, end?.Permissions, begun?.At, end?.At);
    }

    /// <summary>What the agent said and did between two places of its output.</summary>
    private IEnumerable<(string Role, string Text)> Said(JournalEntry begun, long? end)
    {
        var message = new StringBuilder();
        var tools = new Dictionary<string, ToolCall>(StringComparer.Ordinal);
        foreach (var line in JsonLines.Forward(store.OutputOf(begun.Launch!), begun.Offset ?? 0))
        {
            if (end is { } limit && line.Start >= limit)
            {
                break;
            }

            if (TextChunk.TryRead(line.Bytes.Span, out var said))
            {
                message.Append(said.Kind == SessionUpdate.Chunk.Agent ? said.Text : null);
                continue;
            }

            switch (UpdateOf(line.Bytes))
            {
                case SessionUpdate.Chunk { Kind: SessionUpdate.Chunk.Agent, Content: ContentBlock.Text unusual }:
                    message.Append(unusual.Value);
                    break;
                case SessionUpdate.ToolCallBegun { Call: var call }:
                    tools[call.ToolCallId] = call;
                    break;
                case SessionUpdate.ToolCallChanged { Change: var change }:
                    var now = tools[change.ToolCallId] = change.Over(tools.GetValueOrDefault(change.ToolCallId));
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

        if (message.Length > 0)
        {
            yield return ("assistant", message.ToString());
        }
    }

    /// <summary>What a line of an agent's output tells of its session; null when it is something else.</summary>
    public static SessionUpdate? UpdateOf(ReadOnlyMemory<byte> line)
    {
        if (line.Span.IndexOf("session/update"u8) < 0)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.TryGetProperty("params", out var parameters) ? SessionNotification.Read(parameters).Update : null;
        }
        catch (Exception nonsense) when (nonsense is JsonException or AcpFormatException)
        {
            return null;
        }
    }
}
