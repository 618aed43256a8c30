using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What the start of a transcript tells: who began it, where, and what was asked first.</summary>
internal sealed class TranscriptHead
{
    /// <summary>
    /// Nearly always the first records tell everything. A conversation can begin with megabytes of bookkeeping or of a sub-agent's
    /// records, and its first message can hold pictures: reading continues until the first prompt, or for so many bytes.
    /// </summary>
    private const long LimitBytes = 16L * 1024 * 1024;

    private bool hasSidechain;
    private bool hasOwnMessage;

    public string? Prompt { get; private set; }

    /// <summary>The first slash command: what was asked where nothing else was.</summary>
    public string? Command { get; private set; }

    /// <summary>The first prompt that was queued; its message may be missing.</summary>
    public string? Queued { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }
    public string? Cwd { get; private set; }
    public string? GitBranch { get; private set; }
    public string? Version { get; private set; }
    public string? Entrypoint { get; private set; }
    public string? SessionKind { get; private set; }

    /// <summary>
    /// The transcript of a sub-agent: no conversation of its own. Older versions of Claude Code write the records of sub-agents into
    /// the conversation's own file, so only a file without any other message is one.
    /// </summary>
    public bool IsSidechain => hasSidechain && !hasOwnMessage;

    public int Records { get; private set; }

    public static TranscriptHead Read(string path, DamagedRecords damaged)
    {
        var head = new TranscriptHead();
        foreach (var (_, record) in TranscriptRecord.In(JsonLines.Forward(path).Within(LimitBytes), damaged))
        {
            head.Records++;
            head.Take(record);
            if (head is { Prompt: not null, Cwd: not null, StartedAt: not null })
            {
                break;
            }
        }

        return head;
    }

    private void Take(in TranscriptRecord record)
    {
        StartedAt ??= record.At;
        if (record.Kind == RecordKind.QueueOperation && Queued is null)
        {
            using var opened = record.Open();
            Queued = opened.RootElement.Text("content");
        }

        if (record.Kind is not (RecordKind.User or RecordKind.Assistant or RecordKind.Attachment or RecordKind.System))
        {
            return;
        }

        hasSidechain |= record.IsSidechain;
        hasOwnMessage |= !record.IsSidechain && record.Kind is RecordKind.User or RecordKind.Assistant;
        var isPrompt = record is { Kind: RecordKind.User, IsMeta: false, IsCompactSummary: false, IsSidechain: false } && Prompt is null;
        if (Cwd is not null && !isPrompt)
        {
            return;
        }

        using var document = record.Open();
        var root = document.RootElement;
        Cwd ??= SharedText.Of(root.Text("cwd"));
        GitBranch ??= SharedText.Of(root.Text("gitBranch"));
        Version ??= SharedText.Of(root.Text("version"));
        Entrypoint ??= SharedText.Of(root.Text("entrypoint"));
        SessionKind ??= SharedText.Of(root.Text("sessionKind"));
        if (!isPrompt)
        {
            return;
        }

        var message = UserMessage.Read(root);
        if (message is { Kind: UserMessageKind.Prompt, IsHuman: true })
        {
            (Prompt, Queued) = (PromptText.Of(message.Text), null);
        }
        else if (message.Kind == UserMessageKind.Command)
        {
            Command ??= PromptText.Of(message.Text);
        }
    }
}
