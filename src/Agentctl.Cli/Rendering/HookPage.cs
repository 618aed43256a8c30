using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What became of a launch's hooks, below its <c>status</c>.</summary>
internal static class HookPage
{
    private const int KeyWidth = 11;

    public static void Write(Page output, IReadOnlyList<HookResult> hooks, Look look)
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
