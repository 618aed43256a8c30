using System.Text;
using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>One turn as it comes: text for people, the agent's own messages for programs, or only the answer at the end.</summary>
internal sealed class TurnPage(Look look, string format)
{
    private static ReadOnlySpan<byte> Head => "{\"type\":\"message\",\"cursor\":\""u8;

    private const int LongestTool = 2000;

    private readonly Dictionary<string, ToolCall> tools = new(StringComparer.Ordinal);
    private readonly StringBuilder answer = new();
    private bool isMidLine;
    private string? section;
    private string? stopReason;

    /// <summary>Where in a part the agent's message stands; null when the part is none.</summary>
    public static (int Start, int Length)? MessageIn(ReadOnlySpan<byte> part, ref string? cursor)
    {
        if (!part.StartsWith(Head))
        {
            return null;
        }

        var quote = part[Head.Length..].IndexOf((byte)'"');
        cursor = Encoding.ASCII.GetString(part.Slice(Head.Length, quote));
        var start = Head.Length + quote + "\",\"message\":".Length;
        return (start, part.Length - start - 1);
    }

    /// <summary>What to print of a message of the agent's.</summary>
    public ReadOnlySpan<byte> Message(ReadOnlyMemory<byte> json)
    {
        if (format == "json")
        {
            return (byte[])[.. json.Span, (byte)'\n'];
        }

        var text = new StringBuilder();
        if (TextChunk.TryRead(json.Span, out var said))
        {
            Take(said, text);
        }
        else
        {
            try
            {
                using var document = JsonDocument.Parse(HalfPairs.Mended(json));
                Take(document.RootElement, text);
            }
            catch (Exception nonsense) when (nonsense is JsonException or AcpFormatException)
            {
                // What the protocol does not know is kept in the log, not shown.
            }
        }

        return format == "quiet" ? [] : Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Ends the line that is being written.</summary>
    public string Break()
    {
        var was = isMidLine;
        isMidLine = false;
        section = null;
        return was && format == "text" ? "\n" : "";
    }

    /// <summary>What comes last.</summary>
    public string End() => format switch
    {
        "quiet" when look.Width is not null => PlainText.Block(Whole()),
        "quiet" => Whole(),
        "text" => Break() + (stopReason is null ? "" : $"\n[done] {stopReason}\n"),
        _ => "",
    };

    private string Whole() => answer.Length == 0 || answer[^1] == '\n' ? answer.ToString() : answer.ToString() + "\n";

    private void Take(JsonElement message, StringBuilder text)
    {
        if (message.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.Object && result.TryGetProperty("stopReason", out var reason) && reason.ValueKind == JsonValueKind.String)
        {
            stopReason = reason.GetString();
            return;
        }

        if (!message.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String || !method.ValueEquals(AcpMethods.Update) || !message.TryGetProperty("params", out var parameters))
        {
            return;
        }

        switch (SessionNotification.Read(parameters).Update)
        {
            case SessionUpdate.Chunk { Content: ContentBlock.Text said } chunk:
                Take(new TextChunk(chunk.Kind, said.Value), text);
                break;
            case SessionUpdate.Chunk { Kind: SessionUpdate.Chunk.Agent, Content: ContentBlock.ResourceLink link }:
                Line(text, $"[link] {link.Name} {link.Uri}");
                break;
            case SessionUpdate.ToolCallBegun { Call: var call }:
                Tell(text, null, call);
                break;
            case SessionUpdate.ToolCallChanged { Change: var change }:
                var before = tools.GetValueOrDefault(change.ToolCallId);
                Tell(text, before, change.Over(before));
                break;
            case SessionUpdate.Plan plan:
                Line(text, "[plan]");
                foreach (var entry in plan.Entries)
                {
                    Line(text, $"  - [{entry.Status}] {entry.Content}");
                }

                break;
            case SessionUpdate.Notice notice:
                Line(text, $"[{notice.Severity}] {notice.Title}{(notice.Description is { } more ? $": {more}" : "")}");
                break;
        }
    }

    private void Take(TextChunk said, StringBuilder text)
    {
        switch (said.Kind)
        {
            case SessionUpdate.Chunk.Agent when format == "quiet":
                answer.Append(said.Text);
                break;
            case SessionUpdate.Chunk.Agent:
                Begin(text, "answer", null);
                Write(text, said.Text);
                break;
            case SessionUpdate.Chunk.Thought:
                Begin(text, "thought", "[thinking] ");
                Write(text, said.Text);
                break;
        }
    }

    private void Tell(StringBuilder text, ToolCall? before, ToolCall now)
    {
        tools[now.ToolCallId] = now;
        if (before?.Status == now.Status)
        {
            return;
        }

        Line(text, $"[tool] {now.Title} ({now.Status})");
        if (now.Status is ToolStatuses.Completed or ToolStatuses.Failed)
        {
            foreach (var block in now.Content.OfType<ToolCallContent.Block>().Select(static content => content.Value).OfType<ContentBlock.Text>())
            {
                var shown = block.Value.Length > LongestTool ? block.Value[..LongestTool] + "…" : block.Value;
                foreach (var line in shown.Split('\n').Take(28))
                {
                    Line(text, $"  {line}");
                }
            }

            foreach (var diff in now.Content.OfType<ToolCallContent.Diff>())
            {
                Line(text, $"  {(diff.OldText is null ? "new" : "changed")}: {diff.Path}");
            }
        }
    }

    private void Begin(StringBuilder text, string name, string? title)
    {
        if (section == name)
        {
            return;
        }

        if (isMidLine)
        {
            text.Append("\n\n");
            isMidLine = false;
        }

        section = name;
        text.Append(title);
    }

    private void Write(StringBuilder text, string said)
    {
        var clean = PlainText.Block(said);
        text.Append(clean);
        isMidLine = clean.Length > 0 ? clean[^1] != '\n' : isMidLine;
    }

    private void Line(StringBuilder text, string line)
    {
        if (isMidLine)
        {
            text.Append('\n');
        }

        isMidLine = false;
        section = null;
        text.Append(look.Paint[Ink.Faint, PlainText.Block(line)]).Append('\n');
    }
}
