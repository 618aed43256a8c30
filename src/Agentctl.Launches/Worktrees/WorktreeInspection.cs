using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>What git and the disk tell of one tree.</summary>
/// <param name="Label">Null when it is not ours.</param>
/// <param name="Dirty">Changed and new files; null when git could not tell.</param>
/// <param name="Merged">One of <see cref="MergedWords"/>; null when there is nothing to compare with.</param>
public sealed record InspectedWorktree(
    GitWorktree Tree, WorktreeLabel? Label, int? Dirty, string? Merged, string? MergedInto, long? SizeBytes);

/// <summary>Reads what git and the disk tell of trees. Writes nothing, takes no lock of git's.</summary>
public sealed class WorktreeInspection(Git git)
{
    /// <summary>A squashed branch is searched for among so many newest commits of the other.</summary>
    private const int CommitsSearched = 2000;

    /// <summary>Lists changed and new files whatever a repository's settings are, and runs no program that they name.</summary>
    internal static readonly string[] Status =
    [
        "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", "core.trustctime=true", "-c", "core.checkStat=default",
        "status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=none", "--no-renames",
    ];

    public async Task<InspectedWorktree> Inspect(GitRepository repository, GitWorktree tree, CancellationToken cancellationToken)
    {
        if (tree.IsGone || await git.Line(tree.Path, ["rev-parse", "--absolute-git-dir"], cancellationToken).ConfigureAwait(false) is not { } gitDirectory)
        {
            return new InspectedWorktree(tree, tree.IsGone && repository.DirectoryOf(tree) is { } record ? WorktreeLabel.Read(record) : null, null, null, null, null);
        }

        var label = tree.IsMain ? null : WorktreeLabel.Read(gitDirectory);
        var dirty = await Dirty(tree, cancellationToken).ConfigureAwait(false);
        var (merged, into) = tree.IsMain ? (null, null) : await Merged(repository, tree, label, cancellationToken).ConfigureAwait(false);
        var size = await Task.Run(() => SizeOf(tree.Path), cancellationToken).ConfigureAwait(false);
        return new InspectedWorktree(tree, label, dirty, merged, into, size);
    }

    private async Task<int?> Dirty(GitWorktree tree, CancellationToken cancellationToken)
    {
        var status = await git.Ask(tree.Path, Status, cancellationToken).ConfigureAwait(false);
        return status.Worked ? status.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Length : null;
    }

    /// <summary>Compared with every branch it may have been merged into; one is enough.</summary>
    private async Task<(string? Merged, string? Into)> Merged(GitRepository repository, GitWorktree tree, WorktreeLabel? label, CancellationToken cancellationToken)
    {
        if (tree.Head is not { } head)
        {
            return (null, null);
        }

        if (head == label?.BaseCommit)
        {
            return (MergedWords.NothingNew, null);
        }

        string? compared = null;
        foreach (var (name, revision) in await Targets(repository, tree, label, cancellationToken).ConfigureAwait(false))
        {
            compared = name;
            if ((await git.Ask(repository.Root, ["merge-base", "--is-ancestor", head, revision], cancellationToken).ConfigureAwait(false)).Worked)
            {
                return (MergedWords.Merged, name);
            }

            if (await IsThereAsOthers(repository, head, revision, cancellationToken).ConfigureAwait(false))
            {
                return (MergedWords.Squashed, name);
            }
        }

        return compared is null ? (null, null) : (MergedWords.Unmerged, null);
    }

    /// <summary>The branch it began from, the one the repository stands on, and the remote's own first.</summary>
    private async Task<IReadOnlyList<(string Name, string Revision)>> Targets(GitRepository repository, GitWorktree tree, WorktreeLabel? label, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        if (label?.BaseBranch is { } from)
        {
            names.AddRange([$"refs/remotes/origin/{from}", $"refs/heads/{from}"]);
        }

        if (await git.Line(repository.Root, ["symbolic-ref", "-q", "refs/remotes/origin/HEAD"], cancellationToken).ConfigureAwait(false) is { Length: > 0 } remote)
        {
            names.Add(remote);
        }

        if (await git.Line(repository.Root, ["symbolic-ref", "-q", "HEAD"], cancellationToken).ConfigureAwait(false) is { Length: > 0 } own)
        {
            names.Add(own);
        }

        var targets = new List<(string, string)>();
        foreach (var name in names.Distinct(StringComparer.Ordinal).Where(name => name != $"refs/heads/{tree.Branch}"))
        {
            if (await git.Line(repository.Root, ["rev-parse", "--verify", "-q", name + "^{commit}"], cancellationToken).ConfigureAwait(false) is { } commit)
            {
                targets.Add((name.Replace("refs/heads/", "", StringComparison.Ordinal).Replace("refs/remotes/", "", StringComparison.Ordinal), commit));
            }
        }

        return targets;
    }

    /// <summary>Its commits one by one (rebased, picked), or all of them as one (squashed), are in the other by what they change.</summary>
    private async Task<bool> IsThereAsOthers(GitRepository repository, string head, string other, CancellationToken cancellationToken)
    {
        if (await git.Line(repository.Root, ["merge-base", head, other], cancellationToken).ConfigureAwait(false) is not { Length: > 0 } fork)
        {
            return false;
        }

        var cherry = await git.Ask(repository.Root, ["cherry", other, head], cancellationToken).ConfigureAwait(false);
        var commits = cherry.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (cherry.Worked && commits.Length > 0 && Array.TrueForAll(commits, static line => line[0] == '-'))
        {
            return true;
        }

        var diff = await git.Ask(repository.Root, ["diff", "--no-ext-diff", "--no-textconv", "--full-index", "--binary", fork, head], cancellationToken).ConfigureAwait(false);
        if (await PatchIds(repository, diff.Output, cancellationToken).ConfigureAwait(false) is not [var whole])
        {
            // It changes nothing against where it left: there is nothing to lose.
            return diff is { Worked: true, Output.Length: 0 };
        }

        var log = await git.Ask(
            repository.Root,
            ["log", "-p", "--no-ext-diff", "--no-textconv", "--full-index", "--binary", "--no-merges", "--format=commit %H", "-n", CommitsSearched.ToString(CultureInfo.InvariantCulture), $"{fork}..{other}"],
            cancellationToken).ConfigureAwait(false);
        return (await PatchIds(repository, log.Output, cancellationToken).ConfigureAwait(false)).Contains(whole);
    }

    private async Task<IReadOnlyList<string>> PatchIds(GitRepository repository, string patch, CancellationToken cancellationToken)
    {
        if (patch.Length == 0)
        {
            return [];
        }

        var ids = await git.Ask(repository.Root, ["patch-id", "--stable"], cancellationToken, patch).ConfigureAwait(false);
        return [.. ids.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0])];
    }

    private static long SizeOf(string path)
    {
        long size = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None, ReturnSpecialDirectories = false };
        foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", options))
        {
            // A link weighs nothing, and is never followed.
            size += file.LinkTarget is null ? file.Length : 0;
        }

        return size;
    }
}
