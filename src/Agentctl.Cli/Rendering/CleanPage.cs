using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What <c>worktree clean</c> removed, and why it kept the rest.</summary>
internal static class CleanPage
{
    public static void Write(Page output, CleanDocument cleaned, Look look)
    {
        foreach (var result in cleaned.Results)
        {
            var path = PlainText.OneLine(look.Environment.Tilde(result.Path));
            output.Append(result.Outcome switch
            {
                "removed" => "Removed",
                "would-remove" => "Would remove",
                "refused" => "Kept",
                _ => "Failed",
            }).Append($"  {path}").Append(Branch(result)).Append(result.Detail is { } detail ? $": {PlainText.OneLine(detail)}" : "").Append('\n');
            foreach (var keep in result.Keeps)
            {
                output.Append($"  {look.Paint[Ink.Yellow, keep.Reason]}: {PlainText.OneLine(keep.Detail)}\n");
            }

            if (result.RestoreId is { } id)
            {
                output.Append($"  Kept for 7 days. To restore it: agentctl worktree restore {id}\n");
            }

            if (result.Keeps.Count > 0)
            {
                output.Append($"  {Advice(result, path)}\n");
            }
        }
    }

    private static string Branch(CleanResult result) =>
        result.BranchDeleted is { } deleted ? $"  and its branch {PlainText.OneLine(deleted)}"
        : result is { Outcome: "removed", BranchKept: { } kept, Detail: null } ? $"  (its branch {PlainText.OneLine(kept)} stays)"
        : "";

    private static string Advice(CleanResult result, string path)
    {
        if (result.Keeps.Any(static keep => keep.Reason == KeepReasons.Uninspected))
        {
            return "No option overrides a failed inspection. Fix its cause, then try again.";
        }

        return result.Keeps.Any(static keep => keep.Reason == KeepReasons.InUse)
            ? "No option overrides a tree in use. Stop what works in it (agentctl stop), then try again."
            : $"To remove it all the same: agentctl worktree clean {path} {string.Join(' ', result.Keeps.Select(static keep => keep.Reason).Distinct().Select(static reason => $"--yes {reason}"))}";
    }
}
