using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What stopping one session came to: what happened, what was asked, what is left.</summary>
internal static class StopPage
{
    public static void Write(Page output, StopResult result, Look look)
    {
        var ink = result.Outcome switch
        {
            StopOutcomes.Stopped or StopOutcomes.AlreadyStopped or StopOutcomes.Interrupted => Ink.Plain,
            StopOutcomes.NeedsConsent or StopOutcomes.Refused or StopOutcomes.Unclear => Ink.Yellow,
            _ => Ink.Red,
        };
        output.Append(look.Paint[ink, result.Outcome]).Append("  ").Append(result.Session).Append("  ").Append(PlainText.OneLine(result.Detail)).Append('\n');
        foreach (var asked in result.Asked)
        {
            output.Append("  ").Append(look.Paint[Ink.Faint, $"asked {PlainText.OneLine(asked)}"]).Append('\n');
        }

        foreach (var left in result.Leftovers)
        {
            output.Append("  ").Append(look.Paint[left.Outcome == Leftover.Left ? Ink.Red : Ink.Faint, $"pid {left.Pid} ({PlainText.OneLine(left.Comm)}) {left.Outcome}"]).Append('\n');
        }
    }
}
