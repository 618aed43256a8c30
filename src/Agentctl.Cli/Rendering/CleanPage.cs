using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>What <c>worktree clean</c> did, and what it did not.</summary>
internal static class CleanPage
{
    public static void Write(Page output, CleanDocument cleaned, Look look)
    {
        foreach (var result in cleaned.Results)
        {
            var path = PlainText.OneLine(look.Environment.Tilde(result.Path));
            foreach (var user in result.Outcome is "removed" or "would-remove" ? result.InUse : [])
            {
                output.Append($"still there: {PlainText.OneLine(user)}\n");
            }

            output.Append(result.Outcome switch
            {
                "removed" => "Removed",
                "would-remove" => "Would remove",
                "refused" => "Kept",
                _ => "Failed",
            }).Append($"  {path}").Append(result.BranchDeleted is { } branch ? $"  and its branch {branch}" : "").Append(result.Detail is { } detail ? $": {PlainText.OneLine(detail)}" : "").Append('\n');
            foreach (var keep in result.Keeps)
            {
                output.Append($"  {look.Paint[Ink.Yellow, keep.Reason]}: {PlainText.OneLine(keep.Detail)}\n");
            }

            if (result.Keeps.Count > 0)
            {
                output.Append($"  To remove it all the same: agentctl worktree clean {path} {string.Join(' ', result.Keeps.Select(static keep => $"--yes {keep.Reason}"))}\n");
            }
        }
    }
}
