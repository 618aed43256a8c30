using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// Why a session is told to be what it is, for a reader who does not believe it: every piece of evidence with its source and
/// age, which one decided and by what rule, and what is not known.
/// </summary>
internal static class ExplainPage
{
    private const int WidestText = 100;

    public static void Write(Page output, ExplainDocument document, Look look)
    {
        var row = document.Session;
        var paint = look.Paint;
        var width = Math.Max(20, Math.Min(look.Width ?? WidestText, WidestText));
        var ink = Glyph.Colour(row.Status);

        output.Append(paint[ink, $"{Glyph.Shape(row)} {row.Status}"])
            .Append(row.Reason is { } reason ? $" ({reason})" : "")
            .Append("  ").Append(paint[Ink.Strong, $"{row.Adapter}/{row.Id}"]).Append('\n');
        Wrapped(output, "", $"because {PlainText.OneLine(document.Why)}", width);

        output.Append('\n').Append(paint[Ink.Strong, "Evidence"]).Append('\n');
        foreach (var piece in document.Evidence)
        {
            var mark = paint[piece.Decided ? ink : Ink.Plain, piece.Decided ? "▸" : " "];
            output.Append("  ").Append(mark).Append(' ').Append(paint[piece.Decided ? ink : Ink.Faint, piece.Role + (piece.Decided ? ", decided" : "")])
                .Append(paint[Ink.Faint, piece.ObservedAt > DateTimeOffset.UnixEpoch ? $", {Age.Ago(piece.ObservedAt, look.Now)}" : ""]).Append('\n')
                .Append("      ").Append(PlainText.OneLine(piece.Source)).Append('\n');
            Wrapped(output, "      ", PlainText.OneLine(piece.Fact), width);
        }

        if (document.NotKnown.Count > 0)
        {
            output.Append('\n').Append(paint[Ink.Strong, "Not known"]).Append('\n');
            foreach (var sentence in document.NotKnown)
            {
                Wrapped(output, "  - ", PlainText.OneLine(sentence), width);
            }
        }

        output.Append('\n').Append(paint[Ink.Faint, $"Looked at {Age.Stamp(document.LookedAt, look.Now, look.Zone)}."]).Append('\n');
    }

    private static void Wrapped(Page output, string indent, string text, int width)
    {
        var start = indent;
        foreach (var line in TextWidth.Wrap(text, width - indent.Length))
        {
            output.Append(start).Append(line).Append('\n');
            start = new string(' ', indent.Length);
        }
    }
}
