using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The trees of a repository with who works in them, and their removal. Always in the caller's process: git is the caller's.</summary>
internal sealed class Worktrees(
    AgentEnvironment environment,
    LaunchStore store,
    Undertaker undertaker,
    DirectoryLocks locks,
    Locking locking,
    Func<CancellationToken, Task<IReadOnlyList<Session>>> sessions,
    Func<string, CancellationToken, Task<Lookup>> find)
{
    public async Task<ApiReply> List(string directory, CancellationToken cancellationToken)
    {
        var (repository, git, problem) = await Open(directory, cancellationToken).ConfigureAwait(false);
        if (problem is not null)
        {
            return problem.Value;
        }

        var seen = await sessions(cancellationToken).ConfigureAwait(false);
        var inspection = new WorktreeInspection(git!);
        var users = new Users(ProcessTable.Take(), undertaker.Attend(store.Live([]), ProcessTable.Take()), locks.Held([]));
        var rows = await Task.WhenAll(repository!.Worktrees.Select(async tree =>
            RowOf(await inspection.Inspect(repository, tree, cancellationToken).ConfigureAwait(false), users.Of(tree.Path), seen))).ConfigureAwait(false);
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

    private async Task<CleanResult> CleanOne(Git git, GitRepository repository, GitWorktree tree, CleanOrder order, CancellationToken cancellationToken)
    {
        var result = new CleanResult(tree.Path, tree.Branch, "refused", [], [], null, null);
        if (tree.IsMain)
        {
            return result with { Detail = "it is the repository's own tree, and never removed" };
        }

        var users = new Users(ProcessTable.Take(), undertaker.Attend(store.Live([]), ProcessTable.Take()), locks.Held([])).Of(tree.Path);
        var inspected = await new WorktreeInspection(git).Inspect(repository, tree, cancellationToken).ConfigureAwait(false);
        var keeps = WorktreeRemoval.Keeps(inspected, users).Where(keep => !order.Consents.Contains(keep.Reason)).ToList();
        result = result with { Keeps = keeps, InUse = users };
        if (keeps.Count > 0)
        {
            return result;
        }

        if (order.DryRun)
        {
            return result with { Outcome = inspected.Locked is null ? "would-remove" : "refused", Detail = inspected.Locked is null ? null : $"git was told to keep it: {inspected.Locked}" };
        }

        // From here on nobody is launched into it; who is in it already was named, and consented to.
        var hold = tree.IsGone ? null : await locking.Hold(
            new LockOrder(tree.Path, Reason: "it is being removed"), "agentctl worktree clean", order.Consents.Contains(KeepReasons.InUse), DirectoryRule.Tree, cancellationToken).ConfigureAwait(false);
        if (hold is HoldOutcome.NotHeld { Problem: var refusal })
        {
            return result with { Keeps = [new KeepReason(KeepReasons.InUse, Replies.DetailOf(refusal))] };
        }

        using (hold is HoldOutcome.Held held ? held.Lease : null)
        {
            var removal = new WorktreeRemoval(git);
            if (await removal.Remove(repository, inspected, cancellationToken).ConfigureAwait(false) is { } problem)
            {
                return result with { Outcome = "failed", Detail = problem };
            }

            result = result with { Outcome = "removed" };
            if (!order.DeleteBranch || tree.Branch is not { } branch)
            {
                return result;
            }

            var kept = await removal.DeleteBranch(repository, branch, cancellationToken).ConfigureAwait(false);
            return kept is null ? result with { BranchDeleted = branch } : result with { Detail = kept };
        }
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
        var itsTree = of?.Worktrees.Where(tree => IsIn(cwd, tree.Path)).MaxBy(static tree => tree.Path.Length);
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
        var session = seen.Where(one => one.Sighting.Cwd is { } cwd && IsIn(cwd, tree.Path) && (!tree.IsMain || cwd == tree.Path))
            .MaxBy(static one => (!one.State.IsTerminal(), one.Sighting.LastActivityAt ?? one.Sighting.StartedAt));
        return new WorktreeRow(
            tree.Path, tree.Branch, tree.Head, tree.IsMain, inspected.Label is not null, inspected.Label?.Group, session?.Sighting.Name, session?.State.Word(),
            inspected.Dirty, inspected.Merged, inspected.MergedInto, inspected.SizeBytes, users, tree.IsGone, inspected.Label?.MadeAt);
    }

    private static bool IsIn(string path, string tree) => path == tree || path.StartsWith(tree + "/", StringComparison.Ordinal);

    /// <summary>Who is in which tree at one moment.</summary>
    private sealed class Users(IProcessTable processes, IReadOnlyList<Launch> launches, IReadOnlyList<DirectoryLockRecord> held)
    {
        public List<string> Of(string tree)
        {
            var users = new List<string>();
            foreach (var launch in launches.Where(launch => launch.IsHeld && launch.Record.Cwd is { } cwd && IsIn(cwd, tree)))
            {
                users.Add($"session {launch.Record.Adapter}/{launch.SessionName} works there");
            }

            foreach (var directory in held.Where(one => IsIn(one.Directory, tree)))
            {
                users.Add($"{directory.By} holds a lock on it");
            }

            foreach (var process in processes.All.Where(process => process.Pid != Environment.ProcessId && process.WorkingDirectory is { } cwd && IsIn(cwd, tree)))
            {
                users.Add($"pid {process.Pid} ({process.Comm}) is in it");
            }

            return users;
        }
    }
}
