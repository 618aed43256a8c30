using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What the start of a transcript tells: who began it, where, and what was asked first.</summary>
internal sealed class TranscriptHead
{
    private const int LimitBytes = 64 * 1024;

    public string? Prompt { get; private set; }

    /// <summary>The first slash command: what was asked where nothing else was.</summary>
    public string? Command { get; private set; }

    /// <summary>The first prompt that was queued; its message may be too long for the head.</summary>
    public string? Queued { get; private set; }

    public DateTimeOffset? StartedAt { get; private set; }
    public string? Cwd { get; private set; }
    public string? GitBranch { get; private set; }
    public string? Version { get; private set; }
    public string? Entrypoint { get; private set; }
    public string? SessionKind { get; private set; }

    /// <summary>The transcript of a sub-agent: no conversation of its own.</summary>
    public bool IsSidechain { get; private set; }

    public int Records { get; private set; }
    public int BrokenLines { get; private set; }

    public static TranscriptHead Read(string path)
    {
        var head = new TranscriptHead();
        foreach (var line in JsonLines.Head(path, LimitBytes))
        {
            if (TranscriptRecord.Parse(line.Bytes) is not { } record)
            {
                head.BrokenLines++;
                continue;
            }

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

        IsSidechain |= record.IsSidechain;
        var isPrompt = record is { Kind: RecordKind.User, IsMeta: false, IsCompactSummary: false } && Prompt is null;
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
            (Prompt, Queued) = (message.Text, null);
        }
        else if (message.Kind == UserMessageKind.Command)
        {
            Command ??= message.Text;
        }
    }
}
