using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>Decides whether a tree may be removed, and removes it into the quarantine.</summary>
public sealed class WorktreeRemoval(Git git, WorktreeQuarantine quarantine)
{
    private readonly WorktreeInspection inspection = new(git);
    private readonly UnsavedWork unsavedWork = new(git);

    /// <summary>Every reason to keep a tree, and what was inspected. A failed inspection is a reason that no consent lifts.</summary>
    /// <param name="users">Who is in it.</param>
    public async Task<RemovalFacts> Inspect(GitRepository repository, GitWorktree tree, IReadOnlyList<string> users, CancellationToken cancellationToken)
    {
        var inspected = new InspectedWorktree(tree, null, null, null, null, null);
        try
        {
            // Taken first, so that a file that changes during the inspection is seen by the next one.
            var directory = repository.DirectoryOf(tree) ?? throw new IOException($"git has no record of {tree.Path} in {repository.GitDirectory}");
            if (!tree.IsGone && RealPath.TryResolve((await git.Output(tree.Path, ["rev-parse", "--absolute-git-dir"], cancellationToken).ConfigureAwait(false)).TrimEnd('\n')) != RealPath.TryResolve(directory))
            {
                throw new IOException($"{tree.Path}/.git does not lead to git's record of this tree, {directory}");
            }

            var unsaved = await unsavedWork.Find(repository, tree, directory, cancellationToken).ConfigureAwait(false);
            inspected = await inspection.Inspect(repository, tree, cancellationToken).ConfigureAwait(false);
            return new RemovalFacts(inspected, directory, [.. Keeps(inspected, users), .. unsaved.Keeps], unsaved.Fingerprint);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return new RemovalFacts(inspected, null, [new KeepReason(KeepReasons.Uninspected, failure.Message), .. InUse(users)], 0);
        }
    }

    /// <summary>Whether git still lists the tree at the commit and on the branch that were inspected.</summary>
    public async Task<bool> IsSame(GitRepository repository, GitWorktree tree, CancellationToken cancellationToken) =>
        await GitRepository.Open(git, repository.GitDirectory, cancellationToken).ConfigureAwait(false) is { } now && now.Worktrees.Contains(tree);

    /// <summary>Removes a tree whose facts were just proved a second time.</summary>
    /// <exception cref="IOException">It could not be removed, and is where it was.</exception>
    public Task<RemovedWorktree> Remove(GitRepository repository, RemovalFacts facts, CancellationToken cancellationToken) =>
        quarantine.Take(git, repository, facts.Inspected, facts.GitDirectory!, cancellationToken);

    /// <summary>Deletes the branch of a removed tree; never the one that the repository's main tree is on, nor the remote's default.</summary>
    /// <returns>What keeps it; null when it is deleted.</returns>
    public async Task<string?> DeleteBranch(GitRepository repository, RemovedWorktree removed, string branch, CancellationToken cancellationToken)
    {
        foreach (var head in (string[])["HEAD", "refs/remotes/origin/HEAD"])
        {
            var first = await git.Line(repository.Root, ["symbolic-ref", "-q", "--short", head], cancellationToken).ConfigureAwait(false);
            if (first == branch || first == $"origin/{branch}")
            {
                return $"{branch} is the repository's own branch and stays";
            }
        }

        if (await git.Line(repository.Root, ["rev-parse", "-q", "--verify", $"refs/heads/{branch}"], cancellationToken).ConfigureAwait(false) is var now && now != removed.Head)
        {
            return $"the branch {branch} has moved since the tree was inspected, and stays";
        }

        quarantine.NoteBranchDeleted(removed);
        var answer = await git.Ask(repository.Root, ["branch", "-q", "-D", "--", branch], cancellationToken).ConfigureAwait(false);
        return answer.Worked ? null : answer.Complaint;
    }

    private static IEnumerable<KeepReason> Keeps(InspectedWorktree tree, IReadOnlyList<string> users)
    {
        if (tree.Tree.IsGone)
        {
            yield break;
        }

        if (tree.Label is null)
        {
            yield return new KeepReason(KeepReasons.NotOurs, "agentctl did not make it");
        }

        switch (tree.Dirty)
        {
            case null:
                yield return new KeepReason(KeepReasons.Uninspected, "git could not tell whether it holds changes");
                break;
            case > 0 and var files:
                yield return new KeepReason(KeepReasons.Dirty, $"{files} file{(files == 1 ? " is" : "s are")} changed or new, and not committed");
                break;
        }

        if (tree.Merged is null or MergedWords.Unmerged)
        {
            yield return new KeepReason(KeepReasons.Unmerged, tree.Merged is null
                ? "there is no branch to compare it with, so its commits may be nowhere else"
                : $"commits of {tree.Tree.Branch ?? "its detached head"} are in no other branch that was looked at");
        }

        foreach (var keep in InUse(users))
        {
            yield return keep;
        }
    }

    private static IEnumerable<KeepReason> InUse(IReadOnlyList<string> users) => users.Count == 0 ? [] : [new KeepReason(KeepReasons.InUse, string.Join("; ", users))];
}

/// <summary>What is known of a tree that is to be removed.</summary>
/// <param name="GitDirectory">Git's own directory of it; null when it could not be inspected.</param>
/// <param name="Keeps">Why it must be kept.</param>
/// <param name="Fingerprint">Of everything that was inspected.</param>
public sealed record RemovalFacts(InspectedWorktree Inspected, string? GitDirectory, IReadOnlyList<KeepReason> Keeps, ulong Fingerprint);
