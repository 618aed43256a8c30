using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What prune has taken away, or would.</summary>
internal static class PrunePage
{
    public static void Write(Page output, PruneDocument pruned, Look look)
    {
        foreach (var item in pruned.Items)
        {
            output.Append(look.Paint[Ink.Faint, pruned.Removed ? "removed " : "would go"]).Append("  ")
                .Append(PlainText.OneLine(look.Environment.Tilde(item.Path))).Append("  ").Append(item.What).Append(": ").Append(PlainText.OneLine(item.Evidence)).Append('\n');
        }

        var bytes = pruned.Items.Sum(static item => item.Bytes);
        output.Append(pruned.Items.Count == 0 ? "Nothing is past its expiry."
            : $"{(pruned.Removed ? "Pruned" : "Would prune")} {pruned.Items.Count} {(pruned.Items.Count == 1 ? "thing" : "things")}, {bytes / 1024} KB").Append('\n');
    }
}
