using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>The page of <c>approvals</c>: what can be answered here, and who waits elsewhere.</summary>
internal static class ApprovalsPage
{
    public static void Write(Page output, ApprovalsDocument document, Look look)
    {
        if (document.Approvals.Count == 0 && document.Elsewhere.Count == 0)
        {
            output.AppendLine("No pending approvals.");
            return;
        }

        if (document.Approvals.Count > 0)
        {
            var table = new Table(
                new Column("ID"), new Column("Session", Readable: 20), new Column("Tool"), new Column("What", Readable: 30, Least: 10), new Column("Where", Readable: 20, KeepEnd: true, Leaves: 2),
                new Column("CWD", Readable: 14, KeepEnd: true, Leaves: 1), new Column("Waits"), new Column("Until", Leaves: 3));
            foreach (var row in document.Approvals)
            {
                table.Add(
                    row.Id, row.Session, row.Tool, PlainText.OneLine(row.Title), PlainText.OneLine(string.Join(", ", row.Where)),
                    row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null, Age.Short(row.AskedAt, look.Now), row.ExpiresAt is { } end ? "in " + Age.Left(end - look.Now) : null);
            }

            table.Write(output, look.Width, look.Paint);
            output.AppendLine("To answer: agentctl approvals allow|deny <id>");
        }

        if (document.Elsewhere.Count > 0)
        {
            output.Append('\n', document.Approvals.Count > 0 ? 1 : 0).AppendLine("Waiting elsewhere:");
            var table = new Table(new Column("Session", Readable: 20), new Column("What for"), new Column("Where to answer"), new Column("CWD", Readable: 14, KeepEnd: true, Leaves: 1), new Column("Waits"));
            foreach (var row in document.Elsewhere)
            {
                table.Add(row.Session, row.Reason, row.How, row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null, row.Since is { } since ? Age.Short(since, look.Now) : null);
            }

            table.Write(output, look.Width, look.Paint);
        }
    }
}
