using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>worktree list</c>.</summary>
internal static class WorktreeTable
{
    public static void Write(Page output, IReadOnlyList<WorktreeRow> trees, Look look)
    {
        var table = new Table(
            new Column("Path", Readable: 20, KeepEnd: true, Least: 10),
            new Column("Branch", Readable: 16, Leaves: 6),
            new Column("HEAD", Leaves: 1),
            new Column("Group", Leaves: 3),
            new Column("Session", Readable: 16, Leaves: 5),
            new Column("State"),
            new Column("Dirty"),
            new Column("Merged", Readable: 12),
            new Column("Size", Leaves: 2),
            new Column("In use", Leaves: 4));
        var shortIds = SessionRef.Shorten(trees.Select(static tree => IdIn(tree.Session)).OfType<string>(), []);
        foreach (var tree in trees)
        {
            table.Add(
                PlainText.OneLine(look.Environment.Tilde(tree.Path)),
                tree.Gone ? "(gone)" : tree.Branch is { } branch ? PlainText.OneLine(branch) : "(detached)",
                tree.Head is { } head ? head[..Math.Min(head.Length, 8)] : null,
                tree.Group,
                tree.Session is { } session && IdIn(session) is { } id ? session[..(session.Length - id.Length)] + (id.StartsWith('@') ? id : shortIds[id]) : null,
                tree.Status is { } status ? new Cell(status, Glyph.Colour(status)) : tree.Main ? "main" : tree.Ours ? "" : "not ours",
                tree.Dirty switch { null => tree.Gone ? "" : "?", 0 => "", 1 => new Cell("1 file", Ink.Yellow), var files => new Cell($"{files} files", Ink.Yellow) },
                tree.Merged is { } merged ? new Cell(tree.MergedInto is { } into ? $"{merged} ({into})" : merged, merged == MergedWords.Unmerged ? Ink.Yellow : Ink.Plain) : null,
                tree.SizeBytes is { } size ? Bytes(size) : null,
                tree.InUse.Count > 0 ? tree.InUse.Count.ToString(CultureInfo.InvariantCulture) : null);
        }

        table.Write(output, look.Width, look.Paint);
    }

    internal static string Bytes(long bytes) => bytes switch
    {
        < 1 << 20 => $"{Math.Max(1, bytes >> 10)} KB",
        < 1L << 30 => $"{bytes >> 20} MB",
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB"),
    };

    private static string? IdIn(string? session) => session?[(session.IndexOf('/') + 1)..];
}
