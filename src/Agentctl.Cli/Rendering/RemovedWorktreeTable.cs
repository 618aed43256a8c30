using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>worktree list --removed</c>.</summary>
internal static class RemovedWorktreeTable
{
    public static void Write(Page output, IReadOnlyList<RemovedWorktreeRow> removed, Look look)
    {
        if (removed.Count == 0)
        {
            output.AppendLine("No worktree was removed in the last 7 days.");
            return;
        }

        var table = new Table(
            new Column("Id"),
            new Column("Path", Readable: 20, KeepEnd: true, Least: 10),
            new Column("Branch", Readable: 16, Leaves: 6),
            new Column("Removed"),
            new Column("Expires In"),
            new Column("Size", Leaves: 2));
        foreach (var tree in removed)
        {
            table.Add(
                tree.Id,
                PlainText.OneLine(look.Environment.Tilde(tree.Path)),
                tree.Branch is { } branch ? PlainText.OneLine(branch) + (tree.BranchDeleted ? " (deleted)" : "") : "(detached)",
                Age.Ago(tree.RemovedAt, look.Now),
                tree.ExpiresAt > look.Now ? Age.Long(tree.ExpiresAt - look.Now) : "the next sweep",
                WorktreeTable.Bytes(tree.SizeBytes));
        }

        table.Write(output, look.Width, look.Paint);
    }
}
