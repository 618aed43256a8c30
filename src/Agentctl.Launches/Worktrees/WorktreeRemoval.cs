using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>Takes one tree away, when nothing keeps it or what keeps it was consented to.</summary>
public sealed class WorktreeRemoval(Git git)
{
    /// <summary>What keeps it, in words.</summary>
    /// <param name="inUse">Who is in it.</param>
    public static IReadOnlyList<KeepReason> Keeps(InspectedWorktree tree, IReadOnlyList<string> inUse)
    {
        var keeps = new List<KeepReason>();
        if (tree.Tree.IsGone)
        {
            return keeps;
        }

        if (tree.Label is null)
        {
            keeps.Add(new KeepReason(KeepReasons.NotOurs, "agentctl did not make it"));
        }

        switch (tree.Dirty)
        {
            case null:
                keeps.Add(new KeepReason(KeepReasons.Dirty, "git could not tell whether it holds changes"));
                break;
            case > 0 and var files:
                keeps.Add(new KeepReason(KeepReasons.Dirty, $"{files} file{(files == 1 ? " is" : "s are")} changed or new, and not committed"));
                break;
        }

        if (tree.Merged is null or MergedWords.Unmerged)
        {
            keeps.Add(new KeepReason(KeepReasons.Unmerged, tree.Merged is null
                ? "there is no branch to compare it with, so its commits may be nowhere else"
                : $"commits of {tree.Tree.Branch ?? "its detached head"} are in no other branch that was looked at"));
        }

        if (inUse.Count > 0)
        {
            keeps.Add(new KeepReason(KeepReasons.InUse, string.Join("; ", inUse)));
        }

        return keeps;
    }

    /// <returns>What went wrong; null when it is gone.</returns>
    public async Task<string?> Remove(GitRepository repository, InspectedWorktree tree, CancellationToken cancellationToken)
    {
        if (tree.Locked is { } why)
        {
            return $"git was told to keep it{(why.Length > 0 ? $" ({why})" : "")}; to let it go: git worktree unlock {tree.Tree.Path}";
        }

        // What may be lost was looked at, and consented to where there is something: git would refuse any tree with submodules.
        string[] words = tree.Tree.IsGone ? ["worktree", "prune"] : ["worktree", "remove", "--force", "--", tree.Tree.Path];
        var answer = await git.Ask(repository.Root, words, cancellationToken).ConfigureAwait(false);
        return answer.Worked ? null : answer.Complaint;
    }

    /// <summary>Deletes the branch of a tree that is gone; never the one that the repository stands on, nor the remote's first.</summary>
    /// <returns>What keeps it; null when it is deleted.</returns>
    public async Task<string?> DeleteBranch(GitRepository repository, string branch, CancellationToken cancellationToken)
    {
        foreach (var head in (string[])["HEAD", "refs/remotes/origin/HEAD"])
        {
            var first = await git.Line(repository.Root, ["symbolic-ref", "-q", "--short", head], cancellationToken).ConfigureAwait(false);
            if (first == branch || first == $"origin/{branch}")
            {
                return $"{branch} is the repository's own branch and stays";
            }
        }

        var answer = await git.Ask(repository.Root, ["branch", "-q", "-D", "--", branch], cancellationToken).ConfigureAwait(false);
        return answer.Worked ? null : answer.Complaint;
    }
}
