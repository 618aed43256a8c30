using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>prune --legacy --dry-run</c>.</summary>
internal static class LeftoverTable
{
    public static void Write(Page output, IReadOnlyList<LegacyLeftover> found, Look look)
    {
        if (found.Count == 0)
        {
            output.AppendLine("No leftovers found.");
            return;
        }

        var table = new Table(new Column("File", Readable: 24, KeepEnd: true), new Column("What", Leaves: 1), new Column("Evidence", Readable: 20));
        foreach (var leftover in found)
        {
            table.Add(PlainText.OneLine(look.Environment.Tilde(leftover.Path)), leftover.What, PlainText.OneLine(leftover.Evidence));
        }

        table.Write(output, look.Width, look.Paint);
        output.Append('\n').Append(found.Count == 1 ? "1 leftover" : $"{found.Count} leftovers").AppendLine("; nothing was removed");
    }
}
