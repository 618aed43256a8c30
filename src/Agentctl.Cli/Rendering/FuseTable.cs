using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The table of <c>fuses</c>.</summary>
internal static class FuseTable
{
    public static void Write(Page output, IReadOnlyList<FuseRow> fuses, Look look)
    {
        if (fuses.Count == 0)
        {
            output.AppendLine("No fuse is set.");
            return;
        }

        var table = new Table(
            new Column("Directory", Readable: 20, KeepEnd: true, Least: 10),
            new Column("Label", Leaves: 1),
            new Column("Expires In"),
            new Column("Then", Readable: 20, Least: 8));
        foreach (var fuse in fuses)
        {
            table.Add(
                PlainText.OneLine(look.Environment.Tilde(fuse.Directory)),
                fuse.Label is { } label ? PlainText.OneLine(label) : null,
                fuse.ExpiresAt > look.Now ? Age.Left(fuse.ExpiresAt - look.Now) : new Cell("is over", Ink.Yellow),
                Then(fuse.OnExpire));
        }

        table.Write(output, look.Width, look.Paint);
    }

    private static string Then(FuseAction? action) => action is null ? "" : PlainText.OneLine(string.Join(", ", ((string?[])
    [
        action.Script is { } script ? $"`{script}`" : null,
        action.Webhook is { } webhook ? $"POST {webhook}" : null,
        action.Event,
    ]).OfType<string>()));
}
