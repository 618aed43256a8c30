namespace Agentctl.Launches;

/// <summary>A tree that somebody wants to launch in.</summary>
/// <param name="Repository">A directory of the repository.</param>
/// <param name="Branch">The branch to work on: made when it is not there, used when it is.</param>
/// <param name="BaseBranch">What a new branch begins at; null = where the repository's main tree stands.</param>
public sealed record WorktreeWish(string Repository, string Branch, string? BaseBranch = null, string? Group = null);

/// <summary>What will be done for a wish. Nothing has been done yet.</summary>
/// <param name="Path">Where the tree is, or will be.</param>
/// <param name="IsThere">The tree is there already, on that branch, and is used.</param>
/// <param name="MakesBranch">The branch is made with it.</param>
/// <param name="Start">The commit a new branch begins at.</param>
/// <param name="Notes">What a person should know.</param>
/// <param name="Missing">The tree that has the branch according to git, and whose directory is missing.</param>
public sealed record WorktreePlan(
    GitRepository Repository, WorktreeWish Wish, string Path, bool IsThere, bool MakesBranch, string Start, IReadOnlyList<string> Notes, GitWorktree? Missing = null);

/// <summary>Whether a tree can be had.</summary>
public abstract record WorktreeOutcome
{
    private WorktreeOutcome()
    {
    }

    public sealed record Planned(WorktreePlan Plan) : WorktreeOutcome;

    /// <param name="Problem">What is wrong, with which thing, and what to do next.</param>
    public sealed record Refused(string Problem) : WorktreeOutcome;
}
