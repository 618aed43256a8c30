using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>locks</c>.</summary>
internal static class LockTable
{
    public static void Write(Page output, IReadOnlyList<LockRow> locks, Look look)
    {
        if (locks.Count == 0)
        {
            output.AppendLine("No directory is held.");
            return;
        }

        var table = new Table(
            new Column("Directory", Readable: 20, KeepEnd: true, Least: 10),
            new Column("Type"),
            new Column("Locked By", Readable: 16),
            new Column("Reason", Readable: 16, Leaves: 4, Least: 8),
            new Column("Since"),
            new Column("Ends", Leaves: 3),
            new Column("Taker", Leaves: 1));
        foreach (var held in locks)
        {
            table.Add(
                PlainText.OneLine(look.Environment.Tilde(held.Directory)),
                held.Type,
                PlainText.OneLine(held.LockedBy ?? (held.Adapter is { } adapter ? $"{adapter}/{Short(held.SessionId ?? "")}" : "-")),
                held.Reason is { } reason ? PlainText.OneLine(reason) : null,
                Age.Short(held.LockedAt, look.Now),
                held.ExpiresAt is { } end ? "in " + Age.Left(end - look.Now) : null,
                new Cell(held.Pid is { } pid ? $"pid {pid.ToString(CultureInfo.InvariantCulture)}{(held.Alive ? "" : " (gone)")}" : held.Alive ? "" : "gone", held.Alive ? Ink.Plain : Ink.Yellow));
        }

        table.Write(output, look.Width, look.Paint);
    }

    private static string Short(string id) => id.StartsWith('@') || id.Length <= SessionRef.ShortestPrinted ? id : id[..SessionRef.ShortestPrinted];
}
