using System.Text;
using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What became of a launch's hooks, below its <c>status</c>.</summary>
internal static class HookPage
{
    private const int KeyWidth = 11;

    public static void Write(StringBuilder output, IReadOnlyList<HookResult> hooks, Look look)
    {
        foreach (var hook in hooks)
        {
            var isBad = hook is not ({ State: "ended", ExitCode: 0 } or { State: "running" or "not-begun" });
            output.Append(look.Paint[Ink.Faint, hook.Event.PadRight(KeyWidth)]).Append(' ')
                .Append(look.Paint[isBad ? Ink.Red : Ink.Plain, Said(hook)]).Append('\n');
            foreach (var line in hook.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                output.Append("  ").Append(PlainText.OneLine(line)).Append('\n');
            }
        }
    }

    private static string Said(HookResult hook)
    {
        var took = hook is { StartedAt: { } from, EndedAt: { } to } ? $" after {Age.Long(to - from)}" : "";
        return hook.State switch
        {
            "ended" => hook.Signal is { } signal ? $"ended by signal {signal}{took}" : $"exit code {hook.ExitCode}{took}",
            "timed-out" => $"ended{took}: it may take 300 s",
            "failed" => $"could not be run: {PlainText.OneLine(hook.Problem ?? "")}",
            "lost" => "lost: cut off, and never repeated",
            "running" => "runs",
            _ => "has not begun",
        };
    }
}

/// <summary>The table of <c>queue list</c>.</summary>
internal static class QueueTable
{
    public static void Write(StringBuilder output, IReadOnlyList<QueueRow> queue, Look look)
    {
        if (queue.Count == 0)
        {
            output.Append("Nobody waits.\n");
            return;
        }

        var table = new Table(
            new Column("Place"),
            new Column("ID"),
            new Column("Adapter"),
            new Column("Group", Leaves: 2),
            new Column("Since"),
            new Column("Until", Leaves: 4),
            new Column("Waits for", Readable: 44, Least: 10),
            new Column("CWD", Readable: 14, KeepEnd: true, Leaves: 3),
            new Column("Prompt", Readable: 20, Leaves: 1));
        foreach (var row in queue)
        {
            table.Add(
                row.Place.ToString(System.Globalization.CultureInfo.InvariantCulture),
                row.Id,
                row.Adapter,
                row.Group,
                Age.Short(row.QueuedAt, look.Now),
                row.ExpiresAt is { } end ? "in " + Age.Long(end - look.Now) : null,
                new Cell($"{row.Reason}: {PlainText.OneLine(row.WaitsFor)}", row.Reason == Reasons.Brake ? Ink.Yellow : Ink.Plain),
                row.Cwd is { } cwd ? PlainText.OneLine(look.Environment.Tilde(cwd)) : null,
                row.Prompt is { } prompt ? PlainText.OneLine(prompt) : null);
        }

        table.Write(output, look.Width, look.Paint);
    }
}
