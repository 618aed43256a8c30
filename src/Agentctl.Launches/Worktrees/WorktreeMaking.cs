using System.Buffers;
using System.Text;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Makes trees for launches, beside their repository, and takes them back when the launch does not happen. For one command: what was
/// asked of a repository is not asked again while its launches are planned.
/// </summary>
public sealed class WorktreeMaking(Git git, WorktreeQuarantine quarantine, TimeProvider time)
{
    private static readonly SearchValues<char> PlainLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private readonly Dictionary<string, GitRepository?> repositories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlySet<string>> branchesOf = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Root, string? Base), (string? Commit, IReadOnlyList<string> Notes)> starts = [];

    /// <summary>How long the remote may take to give the newest state of a base branch.</summary>
    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(60);

    /// <summary>Finds out what a wish means here and now. Changes nothing but what the remote's branches are known to be.</summary>
    /// <param name="before">What is planned already, and so is taken.</param>
    public async Task<WorktreeOutcome> Plan(WorktreeWish wish, IReadOnlyList<WorktreePlan> before, CancellationToken cancellationToken)
    {
        if (await Open(wish.Repository, cancellationToken).ConfigureAwait(false) is not { } repository)
        {
            return Refused(await GitRepository.WhyNot(git, wish.Repository, cancellationToken).ConfigureAwait(false) is { } why
                ? $"git does not work in {wish.Repository}: {why}"
                : $"{wish.Repository} is not in a git repository. Several agents, and --worktree, need one: each works in a tree of its own. Make one (git init), or launch a single agent without --worktree.");
        }

        if (!IsPlain(wish.Branch) && !(await git.Ask(repository.Root, ["check-ref-format", "--branch", wish.Branch], cancellationToken).ConfigureAwait(false)).Worked)
        {
            return Refused($"'{wish.Branch}' is no name for a branch.");
        }

        var branches = await Branches(repository, cancellationToken).ConfigureAwait(false);
        var isThere = branches.Contains(wish.Branch);
        if (before.FirstOrDefault(plan => plan.Repository.Root == repository.Root && plan.Wish.Branch == wish.Branch) is not null)
        {
            return Refused($"Two of the launches want the branch {wish.Branch}: two agents in one tree would overwrite each other. Give each its own.");
        }

        if (!isThere && branches.Concat(before.Select(static plan => plan.Wish.Branch)).FirstOrDefault(other => IsInside(other, wish.Branch) || IsInside(wish.Branch, other)) is { } inTheWay)
        {
            return Refused($"The branch {wish.Branch} cannot be made, because there is a branch {inTheWay}. Choose another with --branch.");
        }

        if (repository.Worktrees.FirstOrDefault(tree => tree.Branch == wish.Branch && !tree.IsGone) is { } used)
        {
            return used.IsMain && !repository.IsBare
                ? Refused($"The branch {wish.Branch} is checked out in {used.Path}, the repository's own tree. Launch there (--cwd), or choose another branch.")
                : new WorktreeOutcome.Planned(new WorktreePlan(repository, wish, used.Path, IsThere: true, MakesBranch: false, used.Head ?? "", []));
        }

        var missing = repository.Worktrees.FirstOrDefault(tree => tree.Branch == wish.Branch && tree.IsGone);
        if (missing is { Locked: { } locked })
        {
            return Refused($"The branch {wish.Branch} is checked out in {missing.Path}, which is missing, and git was told to keep it{(locked.Length > 0 ? $" ({locked})" : "")}. Bring the directory back, or let it go: git -C {repository.Root} worktree unlock {missing.Path}");
        }

        var (start, notes) = isThere
            ? (await Commit(repository, wish.Branch, cancellationToken).ConfigureAwait(false), [])
            : await StartOf(repository, wish.BaseBranch, cancellationToken).ConfigureAwait(false);
        return start is null
            ? Refused(wish.BaseBranch is { } named ? $"There is no branch {named} in {repository.Root}, nor at its remote." : $"{repository.Root} has no commit yet, so no tree can be made of it. Commit something first.")
            : new WorktreeOutcome.Planned(new WorktreePlan(repository, wish, FreePath(repository, wish.Branch, missing, before), IsThere: false, MakesBranch: !isThere, start, notes, missing));
    }

    /// <summary>Makes it, with its label.</summary>
    /// <returns>What went wrong, and then nothing is left of it; else null.</returns>
    public async Task<string?> Make(WorktreePlan plan, CancellationToken cancellationToken)
    {
        if (plan.IsThere)
        {
            return null;
        }

        string[] words = plan.MakesBranch
            ? ["worktree", "add", "-q", "--no-track", "-b", plan.Wish.Branch, "--", plan.Path, plan.Start]
            : ["worktree", "add", "-q", "--", plan.Path, plan.Wish.Branch];
        if (Path.Exists(plan.Path))
        {
            return $"Failed to create worktree: {plan.Path} is there already.";
        }

        try
        {
            if (plan.Missing is { } missing && plan.Repository.DirectoryOf(missing) is { } record)
            {
                // Git lets no second tree have the branch while it has a record of the first, which may hold more than the branch does.
                _ = await quarantine.Take(git, plan.Repository, new InspectedWorktree(missing, WorktreeLabel.Read(record), null, null, null, null), record, cancellationToken).ConfigureAwait(false);
            }

            var made = await git.Ask(plan.Repository.Root, words, cancellationToken).ConfigureAwait(false);
            if (!made.Worked)
            {
                await Undo(plan).ConfigureAwait(false);
                return $"Failed to create worktree: {plan.Path}: {made.Complaint}";
            }

            new WorktreeLabel
            {
                MadeAt = time.GetUtcNow(),
                Group = plan.Wish.Group,
                BaseBranch = plan.Wish.BaseBranch,
                BaseCommit = plan.Start,
                MadeBranch = plan.MakesBranch,
            }.Write(GitDirectory(plan.Path));
            return null;
        }
        catch
        {
            await Undo(plan).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Takes a tree back that was made for this plan moments ago, with its branch when that still is where it began. Does not listen
    /// to a cancellation: half a tree is worse than a late answer.
    /// </summary>
    public async Task Undo(WorktreePlan plan)
    {
        if (plan.IsThere)
        {
            return;
        }

        _ = await git.Ask(plan.Repository.Root, ["worktree", "remove", "--force", "--", plan.Path], CancellationToken.None).ConfigureAwait(false);
        if (Directory.Exists(plan.Path) && !Directory.EnumerateFileSystemEntries(plan.Path).Any())
        {
            Directory.Delete(plan.Path);
        }

        if (plan.MakesBranch && await Commit(plan.Repository, $"refs/heads/{plan.Wish.Branch}", CancellationToken.None).ConfigureAwait(false) == plan.Start)
        {
            // What somebody committed meanwhile stays, and git itself keeps a branch that a tree is on.
            _ = await git.Ask(plan.Repository.Root, ["branch", "-q", "-D", "--", plan.Wish.Branch], CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<GitRepository?> Open(string directory, CancellationToken cancellationToken) =>
        repositories.TryGetValue(directory, out var known) ? known
        : repositories[directory] = Directory.Exists(directory) ? await GitRepository.Open(git, directory, cancellationToken).ConfigureAwait(false) : null;

    /// <summary>Names of the branches there are.</summary>
    private async Task<IReadOnlySet<string>> Branches(GitRepository repository, CancellationToken cancellationToken) =>
        branchesOf.TryGetValue(repository.Root, out var known) ? known
        : branchesOf[repository.Root] = (await git.Line(repository.Root, ["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"], cancellationToken).ConfigureAwait(false) ?? "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    /// <summary>Git's directory of a tree that was made just now: its <c>.git</c> is a file that says <c>gitdir: …</c>.</summary>
    private static string GitDirectory(string tree)
    {
        const string Key = "gitdir: ";
        const int LargestPointer = 64 * 1024;
        var said = NativeFile.ReadSmall(Path.Combine(tree, ".git"), LargestPointer) is { } content ? Encoding.UTF8.GetString(content) : "";
        return said.StartsWith(Key, StringComparison.Ordinal) ? Path.GetFullPath(said[Key.Length..].TrimEnd('\n'), tree) : throw new IOException($"{tree}/.git does not say where git keeps this tree");
    }

    private async Task<(string? Commit, IReadOnlyList<string> Notes)> StartOf(GitRepository repository, string? named, CancellationToken cancellationToken)
    {
        if (starts.TryGetValue((repository.Root, named), out var known))
        {
            return (known.Commit, []);
        }

        var found = named is null ? (await Commit(repository, "HEAD", cancellationToken).ConfigureAwait(false), []) : await StartAt(repository, named, cancellationToken).ConfigureAwait(false);
        starts[(repository.Root, named)] = found;
        return found;
    }

    private async Task<(string? Commit, IReadOnlyList<string> Notes)> StartAt(GitRepository repository, string named, CancellationToken cancellationToken)
    {
        var offline = await git.Line(repository.Root, ["remote", "get-url", "origin"], cancellationToken).ConfigureAwait(false) is null
            ? null
            : await Fetch(repository, named, cancellationToken).ConfigureAwait(false);
        var commit = await Commit(repository, $"refs/remotes/origin/{named}", cancellationToken).ConfigureAwait(false)
            ?? await Commit(repository, named, cancellationToken).ConfigureAwait(false);
        return (commit, offline is null ? [] : [$"origin/{named} could not be fetched ({offline}); what is known of it here is used"]);
    }

    private async Task<string?> Fetch(GitRepository repository, string branch, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(FetchPatience);
        try
        {
            var answer = await git.Ask(repository.Root, ["fetch", "-q", "origin", $"+refs/heads/{branch}:refs/remotes/origin/{branch}"], deadline.Token).ConfigureAwait(false);
            return answer.Worked ? null : answer.Complaint;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {FetchPatience.TotalSeconds:0} s";
        }
    }

    private Task<string?> Commit(GitRepository repository, string revision, CancellationToken cancellationToken) =>
        git.Line(repository.Root, ["rev-parse", "--verify", "-q", "--end-of-options", revision + "^{commit}"], cancellationToken);

    /// <summary>
    /// Beside the repository, <c>repo-branch</c> with / as -, as the Node tool does; <c>a/b</c> and <c>a-b</c> would share a place, so the
    /// second gets a number.
    /// </summary>
    private static string FreePath(GitRepository repository, string branch, GitWorktree? missing, IReadOnlyList<WorktreePlan> before)
    {
        var folder = Path.GetDirectoryName(repository.Root) ?? "/";
        var wanted = Path.Combine(folder, $"{repository.Name}-{branch.Replace('/', '-')}");
        for (var number = 1; ; number++)
        {
            var path = number == 1 ? wanted : $"{wanted}-{number}";
            if (!Path.Exists(path) && repository.Worktrees.All(tree => tree.Path != path || tree == missing) && before.All(plan => plan.Path != path))
            {
                return path;
            }
        }
    }

    /// <summary>Certainly a name for a branch; of any other git is asked.</summary>
    private static bool IsPlain(string branch) => Array.TrueForAll(
        branch.Split('/'), static part => part.Length > 0 && part[0] != '-' && !part.AsSpan().ContainsAnyExcept(PlainLetters));

    private static bool IsInside(string inner, string outer) => inner.StartsWith(outer + "/", StringComparison.Ordinal);

    private static WorktreeOutcome.Refused Refused(string problem) => new(problem);
}
