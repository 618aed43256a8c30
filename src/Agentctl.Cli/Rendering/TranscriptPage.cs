using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>Entries of a conversation, as <c>peek</c> and <c>logs</c> print them.</summary>
/// <param name="longest">Lines shown of one entry; null = all.</param>
internal sealed class TranscriptPage(Look look, int? longest)
{
    private bool isFirst = true;

    public void Write(Page output, TranscriptLine entry)
    {
        if (!isFirst)
        {
            output.Append('\n');
        }

        isFirst = false;
        var who = entry.Tool is { } tool ? $"{entry.Role} {PlainText.OneLine(tool)}" : entry.Role;
        output.Append(look.Paint[InkOf(entry.Role), who]);
        if (entry.At is { } at)
        {
            output.Append("  ").Append(look.Paint[Ink.Faint, TimeZoneInfo.ConvertTime(at, look.Zone).ToString("yyyy-MM-dd HH:mm:ss")]);
        }

        output.Append('\n');
        var lines = PlainText.Lines(entry.Text.Trim('\n'));
        foreach (var line in lines.Take(longest ?? int.MaxValue))
        {
            output.Append(line.Length > 0 ? "  " : "").Append(line).Append('\n');
        }

        if (longest is { } most && lines.Count > most)
        {
            output.Append("  ").Append(look.Paint[Ink.Faint, $"… {lines.Count - most} more lines (agentctl logs shows them)"]).Append('\n');
        }
    }

    private static Ink InkOf(string role) => role switch
    {
        "user" => Ink.Cyan,
        "assistant" => Ink.Green,
        "system" => Ink.Faint,
        _ => Ink.Blue,
    };
}
