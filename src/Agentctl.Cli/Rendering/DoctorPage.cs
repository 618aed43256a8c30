using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The page of <c>doctor</c>.</summary>
internal static class DoctorPage
{
    public static void Write(Page output, DoctorDocument document, Look look)
    {
        var paint = look.Paint;
        foreach (var check in document.Checks)
        {
            output.Append(Mark(check.Ok, paint)).Append(' ').Append(check.Name.PadRight(11)).Append(' ').Append(PlainText.OneLine(check.Detail)).Append('\n');
        }

        foreach (var adapter in document.Adapters)
        {
            var answered = ListSummary.Answered(adapter.Outcome);
            output.Append('\n').Append(Mark(answered && adapter.Problems.Count == 0, paint)).Append(' ').Append(paint[Ink.Strong, adapter.Adapter])
                .Append(adapter.Program is { } program ? $"  {look.Environment.Tilde(program)}" : "  no program on PATH")
                .Append($"  {Sessions(adapter)} in {adapter.Outcome.TookMs:0.#} ms\n");
            foreach (var place in adapter.Places)
            {
                output.Append("    ").Append(PlainText.OneLine(look.Environment.Tilde(place.Path))).Append("  ")
                    .Append(paint[Ink.Faint, $"{place.What}: {PlainText.OneLine(place.Found)}"]).Append('\n');
            }

            foreach (var note in adapter.Outcome.Notes)
            {
                output.Append("    ").Append(PlainText.OneLine(note)).Append('\n');
            }

            foreach (var problem in adapter.Problems.Concat(adapter.Outcome.Problems).Concat(adapter.Outcome.Error is { } error ? [error] : []).Distinct())
            {
                output.Append("    ").Append(paint[Ink.Red, "! "]).Append(PlainText.OneLine(problem)).Append('\n');
            }
        }

        if (document.Leftovers.Count > 0)
        {
            output.Append('\n').Append(paint[Ink.Yellow, "!"])
                .Append($" {document.Leftovers.Count} files of the old tools belong to no living process: agentctl prune --legacy --dry-run\n");
        }
    }

    private static string Sessions(DoctorAdapter adapter) => ListSummary.Answered(adapter.Outcome)
        ? $"{adapter.Sessions} session{(adapter.Sessions == 1 ? "" : "s")} of the last 7 days"
        : "could not look";

    private static Painted Mark(bool isWell, Paint paint) => isWell ? paint[Ink.Green, "✓"] : paint[Ink.Red, "✗"];
}
