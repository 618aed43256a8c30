using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>list</c>.</summary>
internal static class SessionTable
{
    /// <param name="rows">Rows in the order to show, each with the id to print.</param>
    /// <param name="look">How the terminal is.</param>
    public static void Write(Page output, IReadOnlyList<(SessionRow Row, string ShortId)> rows, Look look)
    {
        var table = new Table(
            new Column("Status"),
            new Column("ID"),
            new Column("Adapter"),
            new Column("Reason", Readable: 12, Least: 8, Leaves: 6),
            new Column("Age"),
            new Column("Model", Readable: 14, Leaves: 2),
            new Column("Group", Leaves: 3),
            new Column("CWD", Readable: 14, KeepEnd: true, Leaves: 5),
            new Column("Owner", Leaves: 1),
            new Column("Prompt", Readable: 20, Least: 8));
        foreach (var (row, shortId) in rows)
        {
            var ink = Glyph.Colour(row.Status);
            table.Add(
                new Cell($"{Glyph.Shape(row)} {row.Status}", ink),
                shortId,
                row.Adapter,
                row.Reason,
                LastKnown(row) is { } at ? Age.Short(at, look.Now) : "-",
                row.Model is { } model ? PlainText.OneLine(model) : null,
                row.Group,
                row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null,
                row.Owner == Owner.Unknown.Word() ? null : row.Owner,
                row.Prompt is { } prompt ? PlainText.OneLine(prompt) : null);
        }

        table.Write(output, look.Width, look.Paint);
    }

    /// <summary>The time an age counts from: the end of what ended, else the last sign of it.</summary>
    public static DateTimeOffset? LastKnown(SessionRow row) =>
        row.StoppedAt ?? row.LastActivityAt ?? row.StartedAt ??
        (row.Evidence.ObservedAt > DateTimeOffset.UnixEpoch ? row.Evidence.ObservedAt : null);
}
