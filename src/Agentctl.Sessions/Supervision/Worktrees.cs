using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Lists, removes and restores the trees of a repository. Always runs in the caller's process: git is the caller's.</summary>
internal sealed class Worktrees(
    AgentEnvironment environment,
    LaunchStore store,
    Undertaker undertaker,
    DirectoryLocks locks,
    Locking locking,
    WorktreeQuarantine quarantine,
    Func<CancellationToken, Task<IReadOnlyList<Session>>> sessions,
    Func<string, CancellationToken, Task<Lookup>> find)
{
    private const string Command = "agentctl worktree clean";

    public async Task<ApiReply> List(string directory, CancellationToken cancellationToken)
    {
        var (repository, git, problem) = await Open(directory, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
        {
            return problem.Value;
        }

        var seen = await sessions(cancellationToken).ConfigureAwait(false);
        var inspection = new WorktreeInspection(git!);
        var users = new WorktreeUsers(ProcessTable.Take(), undertaker.Attend(store.Live([]), ProcessTable.Take()), locks.Held([]));
        var rows = await Task.WhenAll(repository!.Worktrees.Select(async tree =>
            RowOf(await inspection.Inspect(repository, tree, cancellationToken).ConfigureAwait(false), users.Of(tree.Path, withOpenFiles: false), seen))).ConfigureAwait(false);
        return Replies.Ok(new WorktreesDocument(repository.Root, rows), ApiJson.Readable.WorktreesDocument);
    }

    public async Task<ApiReply> Clean(CleanOrder order, CancellationToken cancellationToken)
    {
        var meant = new List<(GitRepository Repository, GitWorktree Tree)>();
        Git? git = null;
        foreach (var target in order.Targets)
        {
            var (trees, itsGit, problem) = await Meant(target, order.Repository, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
            {
                return problem.Value;
            }

            git = itsGit;
            meant.AddRange(trees);
        }

        if (order.Merged)
        {
            var (repository, itsGit, problem) = await Open(order.Repository, cancellationToken).ConfigureAwait(false);
            if (problem is not null)
            {
                return problem.Value;
            }

            git = itsGit;
            var inspection = new WorktreeInspection(git!);
            foreach (var tree in repository!.Worktrees.Where(static tree => !tree.IsMain))
            {
                var inspected = await inspection.Inspect(repository, tree, cancellationToken).ConfigureAwait(false);
                if (inspected is { Label: not null, Merged: MergedWords.Merged or MergedWords.Squashed or MergedWords.NothingNew })
                {
                    meant.Add((repository, tree));
                }
            }
        }

        var results = new List<CleanResult>();
        foreach (var (repository, tree) in meant.DistinctBy(static one => one.Tree.Path))
        {
            results.Add(await CleanOne(git!, repository, tree, order, cancellationToken).ConfigureAwait(false));
        }

        return Replies.Ok(new CleanDocument(order.DryRun, results), ApiJson.Readable.CleanDocument);
    }

    /// <summary>The removed trees that can be restored.</summary>
    public ApiReply Removed()
    {
        var problems = new List<string>();
        var rows = quarantine.All(problems).Select(static removed => new RemovedWorktreeRow(
            removed.Id, removed.Path, removed.Repository, removed.Branch, removed.Head, removed.Group, removed.BranchDeleted, removed.SizeBytes, removed.RemovedAt, removed.RemovedAt + WorktreeQuarantine.Period));
        return Replies.Ok(new RemovedWorktreesDocument([.. rows], problems), ApiJson.Readable.RemovedWorktreesDocument);
    }

    /// <param name="target">An id, or the path of a removed tree; of several, the newest.</param>
    public async Task<ApiReply> Restore(string target, CancellationToken cancellationToken)
    {
        if (Git.Find(environment) is not { } git)
        {
            return Replies.Failed("git was not found on PATH, and worktrees need it.");
        }

        var problems = new List<string>();
        var path = environment.FullPath(target);
        if (quarantine.All(problems).FirstOrDefault(one => one.Id == target || one.Path == path) is not { } removed)
        {
            return Replies.Problem(new ProblemDocument(
                "/problems/no-worktree", "No worktree", 404, $"No removed worktree is called {target}. See them: agentctl worktree list --removed.{string.Concat(problems.Select(static problem => $" {problem}."))}"));
        }

        return await quarantine.Restore(git, removed, cancellationToken).ConfigureAwait(false) switch
        {
            RestoreOutcome.Restored(var tree, var created, var note) => Replies.Ok(new RestoredDocument(tree.Id, tree.Path, tree.Branch, created, note), ApiJson.Readable.RestoredDocument),
            RestoreOutcome.Refused(var problem) => Replies.Problem(new ProblemDocument("/problems/worktree-in-the-way", "Worktree not restored", 409, problem)),
            var other => throw new InvalidOperationException(other.ToString()),
        };
    }

    private async Task<CleanResult> CleanOne(Git git, GitRepository repository, GitWorktree tree, CleanOrder order, CancellationToken cancellationToken)
    {
        var result = new CleanResult(tree.Path, tree.Branch, "refused", [], [], null, null);
        if (tree.IsMain)
        {
            return result with { Detail = "it is the repository's own tree, and never removed" };
        }

        if (tree.Locked is { } locked)
        {
            var why = $"git was told to keep it{(locked.Length > 0 ? $" ({locked})" : "")}{(tree.IsGone ? ", and its directory is missing" : "")}; to let it go: git -C {repository.Root} worktree unlock {tree.Path}";
            return result with { Outcome = order.DryRun ? "refused" : "failed", Detail = why };
        }

        var removal = new WorktreeRemoval(git, quarantine);
        var users = Users(tree.Path, isHeldByUs: false);
        var facts = await removal.Inspect(repository, tree, users, cancellationToken).ConfigureAwait(false);
        result = result with { Keeps = NotConsented(facts, order), InUse = users };
        if (result.Keeps.Count > 0 || order.DryRun)
        {
            return result with { Outcome = result.Keeps.Count > 0 ? "refused" : "would-remove" };
        }

        // From here on no launch is admitted to it.
        var hold = tree.IsGone ? null : await locking.Hold(
            new LockOrder(tree.Path, Reason: "it is being removed"), Command, force: false, DirectoryRule.Tree, cancellationToken).ConfigureAwait(false);
        if (hold is HoldOutcome.NotHeld { Problem: var refusal })
        {
            return result with { Keeps = [new KeepReason(KeepReasons.InUse, Replies.DetailOf(refusal))] };
        }

        using (hold is HoldOutcome.Held held ? held.Lease : null)
        {
            return await RemoveProved(removal, repository, tree, facts, result, order, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Proves every fact again and removes the tree when all are as they were.</summary>
    private async Task<CleanResult> RemoveProved(
        WorktreeRemoval removal, GitRepository repository, GitWorktree tree, RemovalFacts before, CleanResult result, CleanOrder order, CancellationToken cancellationToken)
    {
        var users = Users(tree.Path, isHeldByUs: true);
        var facts = await removal.Inspect(repository, tree, users, cancellationToken).ConfigureAwait(false);
        result = result with { Keeps = NotConsented(facts, order), InUse = users };
        if (result.Keeps.Count == 0 && (facts.Fingerprint != before.Fingerprint || !await removal.IsSame(repository, tree, cancellationToken).ConfigureAwait(false)))
        {
            result = result with { Keeps = [new KeepReason(KeepReasons.Uninspected, "files or commits in it changed during the inspection; try again when nothing writes to it")] };
        }

        if (result.Keeps.Count > 0)
        {
            return result;
        }

        RemovedWorktree removed;
        try
        {
            removed = await removal.Remove(repository, facts, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return result with { Outcome = "failed", Detail = $"it could not be moved, and is still there: {failure.Message}" };
        }

        result = result with { Outcome = "removed", RestoreId = removed.Id, BranchKept = tree.Branch };
        if (!order.DeleteBranch || tree.Branch is not { } branch)
        {
            return result;
        }

        var kept = await removal.DeleteBranch(repository, removed, branch, cancellationToken).ConfigureAwait(false);
        return kept is null ? result with { BranchDeleted = branch, BranchKept = null } : result with { Detail = kept };
    }

    private static List<KeepReason> NotConsented(RemovalFacts facts, CleanOrder order) =>
        [.. facts.Keeps.Where(keep => !KeepReasons.Consentable.Contains(keep.Reason) || !order.Consents.Contains(keep.Reason))];

    /// <param name="isHeldByUs">This process holds the lock on the tree, so nobody else does.</param>
    private List<string> Users(string tree, bool isHeldByUs)
    {
        var held = locks.Held([]).Where(one => !isHeldByUs || one.Directory != tree || one.Command != Command).ToList();
        return new WorktreeUsers(ProcessTable.Take(), undertaker.Attend(store.Live([]), ProcessTable.Take()), held).Of(tree, withOpenFiles: true);
    }

    /// <summary>The trees that a path, a group or a session means.</summary>
    private async Task<(IReadOnlyList<(GitRepository, GitWorktree)> Trees, Git? Git, ApiReply? Problem)> Meant(string target, string directory, CancellationToken cancellationToken)
    {
        if (target.Contains('/', StringComparison.Ordinal) && !Directory.Exists(environment.FullPath(target)) && await TreeAt(environment.FullPath(target), directory, cancellationToken).ConfigureAwait(false) is { } gone)
        {
            return ([gone.Tree], gone.Git, null);
        }

        if (Directory.Exists(environment.FullPath(target)) && RealPath.TryResolve(environment.FullPath(target)) is { } path)
        {
            var (repository, git, problem) = await Open(path, cancellationToken).ConfigureAwait(false);
            return problem is not null ? ([], null, problem)
                : repository!.Worktrees.FirstOrDefault(tree => tree.Path == path) is { } tree ? ([(repository, tree)], git, null)
                : ([], null, Replies.BadRequest($"{target} is not the root of a worktree. See them: agentctl worktree list {repository.Root}"));
        }

        if (target.StartsWith("g-", StringComparison.Ordinal) || !target.Contains('/', StringComparison.Ordinal))
        {
            var (repository, git, _) = await Open(directory, cancellationToken).ConfigureAwait(false);
            if (repository is not null && await OfGroup(git!, repository, target, cancellationToken).ConfigureAwait(false) is { Count: > 0 } trees)
            {
                return (trees, git, null);
            }
        }

        var lookup = await find(target, cancellationToken).ConfigureAwait(false);
        if (lookup is not Lookup.Found { Session: var session })
        {
            return ([], null, lookup is Lookup.Ambiguous
                ? Replies.NotOne(target, lookup)
                : Replies.Problem(new ProblemDocument("/problems/no-worktree", "No worktree", 404, $"There is no worktree, group or session {target} here. See them: agentctl worktree list; from elsewhere, say --repo.")));
        }

        if (session.Sighting.Cwd is not { } cwd || !Directory.Exists(cwd))
        {
            return ([], null, Replies.Problem(new ProblemDocument("/problems/no-worktree", "No worktree", 404, $"The directory of {session.Sighting.Name} is gone, or not known.")));
        }

        var (of, itsGit, wrong) = await Open(cwd, cancellationToken).ConfigureAwait(false);
        var itsTree = of?.Worktrees.Where(tree => WorktreeUsers.IsIn(cwd, tree.Path)).MaxBy(static tree => tree.Path.Length);
        return wrong is not null ? ([], null, wrong) : itsTree is null ? ([], null, Replies.BadRequest($"{cwd} is in no worktree.")) : ([(of!, itsTree)], itsGit, null);
    }

    private async Task<((GitRepository, GitWorktree) Tree, Git Git)?> TreeAt(string path, string directory, CancellationToken cancellationToken)
    {
        var (repository, git, _) = await Open(directory, cancellationToken).ConfigureAwait(false);
        return repository?.Worktrees.FirstOrDefault(tree => tree.Path == path) is { } tree ? ((repository, tree), git!) : null;
    }

    private static async Task<IReadOnlyList<(GitRepository, GitWorktree)>> OfGroup(Git git, GitRepository repository, string group, CancellationToken cancellationToken)
    {
        var trees = new List<(GitRepository, GitWorktree)>();
        foreach (var tree in repository.Worktrees.Where(static tree => !tree.IsMain && !tree.IsGone))
        {
            if (await git.Line(tree.Path, ["rev-parse", "--absolute-git-dir"], cancellationToken).ConfigureAwait(false) is { } gitDirectory && WorktreeLabel.Read(gitDirectory)?.Group == group)
            {
                trees.Add((repository, tree));
            }
        }

        return trees;
    }

    private async Task<(GitRepository? Repository, Git? Git, ApiReply? Problem)> Open(string directory, CancellationToken cancellationToken)
    {
        var full = environment.FullPath(directory);
        if (Git.Find(environment) is not { } git)
        {
            return (null, null, Replies.Failed("git was not found on PATH, and worktrees need it."));
        }

        return Directory.Exists(full) && await GitRepository.Open(git, full, cancellationToken).ConfigureAwait(false) is { } repository
            ? (repository, git, null)
            : (null, null, Replies.BadRequest(await GitRepository.WhyNot(git, full, cancellationToken).ConfigureAwait(false) is { } why
                ? $"git does not work in {directory}: {why}"
                : $"{directory} is not in a git repository. Say which: agentctl worktree list REPO."));
    }

    private static WorktreeRow RowOf(InspectedWorktree inspected, IReadOnlyList<string> users, IReadOnlyList<Session> seen)
    {
        var tree = inspected.Tree;
        var session = seen.Where(one => one.Sighting.Cwd is { } cwd && WorktreeUsers.IsIn(cwd, tree.Path) && (!tree.IsMain || cwd == tree.Path))
            .MaxBy(static one => (!one.State.IsTerminal(), one.Sighting.LastActivityAt ?? one.Sighting.StartedAt));
        return new WorktreeRow(
            tree.Path, tree.Branch, tree.Head, tree.IsMain, inspected.Label is not null, inspected.Label?.Group, session?.Sighting.Name, session?.State.Word(),
            inspected.Dirty, inspected.Merged, inspected.MergedInto, inspected.SizeBytes, users, tree.IsGone, inspected.Label?.MadeAt);
    }
}
