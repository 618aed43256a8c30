using System.Buffers;
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
    private readonly StringBuilder shown = new();
    private bool isMidLine;
    private string? section;
    private string? stopReason;

    /// <summary>Where in a part the agent's message stands, and the cursor behind it; null when the part is none.</summary>
    public static (Range Message, Range Cursor)? MessageIn(ReadOnlySpan<byte> part)
    {
        if (!part.StartsWith(Head))
        {
            return null;
        }

        var quote = Head.Length + part[Head.Length..].IndexOf((byte)'"');
        return ((quote + "\",\"message\":".Length)..^1, Head.Length..quote);
    }

    /// <summary>Writes what is to be printed of a message of the agent's.</summary>
    public void Message(ReadOnlyMemory<byte> json, IBufferWriter<byte> to)
    {
        if (format == "json")
        {
            to.Write(json.Span);
            to.Write("\n"u8);
            return;
        }

        shown.Clear();
        if (TextChunk.TryRead(json.Span, out var said))
        {
            Take(said);
        }
        else
        {
            try
            {
                using var document = JsonDocument.Parse(WireText.Repaired(json), AcpConnection.Deep);
                Take(document.RootElement);
            }
            catch (Exception nonsense) when (nonsense is JsonException or AcpFormatException)
            {
                // What the protocol does not know is kept in the log, not shown.
            }
        }

        if (format != "quiet" && shown.Length > 0)
        {
            Encoding.UTF8.GetBytes(shown.ToString(), to);
        }
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
        "text" => Break() + (stopReason is null ? "" : $"\n[done] {PlainText.Line(stopReason)}\n"),
        _ => "",
    };

    private string Whole() => answer.Length == 0 || answer[^1] == '\n' ? answer.ToString() : answer.ToString() + "\n";

    private void Take(JsonElement message)
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
                Take(new TextChunk(chunk.Kind, said.Value));
                break;
            case SessionUpdate.Chunk { Kind: SessionUpdate.Chunk.Agent, Content: ContentBlock.ResourceLink link }:
                Line($"[link] {link.Name} {link.Uri}");
                break;
            case SessionUpdate.ToolCallBegun { Call: var call }:
                Tell(null, call);
                break;
            case SessionUpdate.ToolCallChanged { Change: var change }:
                var before = tools.GetValueOrDefault(change.ToolCallId);
                Tell(before, change.Over(before));
                break;
            case SessionUpdate.Plan plan:
                Line("[plan]");
                foreach (var entry in plan.Entries)
                {
                    Line($"  - [{entry.Status}] {entry.Content}");
                }

                break;
            case SessionUpdate.Notice notice:
                Line($"[{notice.Severity}] {notice.Title}{(notice.Description is { } more ? $": {more}" : "")}");
                break;
        }
    }

    private void Take(TextChunk said)
    {
        switch (said.Kind)
        {
            case SessionUpdate.Chunk.Agent when format == "quiet":
                answer.Append(said.Text, 0, Math.Min(said.Text.Length, AcpLimits.LongestAnswer - answer.Length));
                break;
            case SessionUpdate.Chunk.Agent:
                Begin("answer", null);
                Write(said.Text);
                break;
            case SessionUpdate.Chunk.Thought:
                Begin("thought", "[thinking] ");
                Write(said.Text);
                break;
        }
    }

    private void Tell(ToolCall? before, ToolCall now)
    {
        tools[now.ToolCallId] = now;
        if (before?.Status == now.Status)
        {
            return;
        }

        Line($"[tool] {now.Title} ({now.Status})");
        if (now.Status is ToolStatuses.Completed or ToolStatuses.Failed)
        {
            foreach (var block in now.Content.OfType<ToolCallContent.Block>().Select(static content => content.Value).OfType<ContentBlock.Text>())
            {
                var cut = block.Value.Length > LongestTool ? block.Value[..LongestTool] + "…" : block.Value;
                foreach (var line in PlainText.Lines(cut).Take(28))
                {
                    Line($"  {line}");
                }
            }

            foreach (var diff in now.Content.OfType<ToolCallContent.Diff>())
            {
                Line($"  {(diff.OldText is null ? "new" : "changed")}: {diff.Path}");
            }
        }
    }

    private void Begin(string name, string? title)
    {
        if (section == name)
        {
            return;
        }

        if (isMidLine)
        {
            shown.Append("\n\n");
            isMidLine = false;
        }

        section = name;
        shown.Append(title);
    }

    private void Write(string said)
    {
        var clean = PlainText.Block(said);
        shown.Append(clean);
        isMidLine = clean.Length > 0 ? clean[^1] != '\n' : isMidLine;
    }

    private void Line(string line)
    {
        if (isMidLine)
        {
            shown.Append('\n');
        }

        isMidLine = false;
        section = null;
        shown.Append(look.Paint[Ink.Faint, line].ToString()).Append('\n');
    }
}
