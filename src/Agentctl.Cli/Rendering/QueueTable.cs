using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>queue list</c>.</summary>
internal static class QueueTable
{
    /// <summary>To how many columns the reason for waiting is cut before other columns have to leave.</summary>
    private const int ReadableWait = 44;

    public static void Write(Page output, IReadOnlyList<QueueRow> queue, Look look)
    {
        if (queue.Count == 0)
        {
            output.AppendLine("The queue is empty.");
            return;
        }

        var table = new Table(
            new Column("Place"),
            new Column("ID"),
            new Column("Adapter"),
            new Column("Group", Leaves: 2),
            new Column("Since"),
            new Column("Until", Leaves: 4),
            new Column("Waits for", Readable: ReadableWait, Least: 10),
            new Column("CWD", Readable: 14, KeepEnd: true, Leaves: 3),
            new Column("Prompt", Readable: 20, Leaves: 1));
        foreach (var row in queue)
        {
            table.Add(
                row.Place.ToString(CultureInfo.InvariantCulture),
                row.Id,
                row.Adapter,
                row.Group,
                Age.Short(row.QueuedAt, look.Now),
                row.ExpiresAt is { } end ? "in " + Age.Left(end - look.Now) : null,
                new Cell(WaitOf(row), row.Reason == Reasons.Brake ? Ink.Yellow : Ink.Plain),
                row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null,
                row.Prompt is { } prompt ? PlainText.OneLine(prompt) : null);
        }

        table.Write(output, look.Width, look.Paint);

        if (look.Width is not { } width)
        {
            return;
        }

        // Who holds the slot or the directory is the answer: where the table cuts it, it follows in full.
        foreach (var row in queue.Where(static row => TextWidth.Of(WaitOf(row)) > ReadableWait))
        {
            foreach (var line in TextWidth.Wrap($"{row.Id} waits: {PlainText.OneLine(row.WaitsFor)}", width - 4))
            {
                output.Append(' ', 2).Append(line).Append('\n');
            }
        }
    }

    private static string WaitOf(QueueRow row) => $"{row.Reason}: {PlainText.OneLine(row.WaitsFor)}";
}
