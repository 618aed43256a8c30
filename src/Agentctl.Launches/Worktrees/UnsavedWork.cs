using System.Buffers;
using System.Text;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>What would be lost with a tree, besides what <c>git status</c> and its branch show.</summary>
/// <param name="Keeps">Why it must be kept.</param>
/// <param name="Fingerprint">Of the tree's files and of git's records about it, as they were inspected.</param>
/// <param name="SizeBytes">Of the tree's files.</param>
public sealed record UnsavedWorkReport(IReadOnlyList<KeepReason> Keeps, ulong Fingerprint, long SizeBytes);

/// <summary>Inspects a tree for work that exists nowhere else. Writes nothing.</summary>
public sealed class UnsavedWork(Git git)
{
    internal const int LargestLog = 16 << 20;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <param name="gitDirectory">Git's own directory of the tree.</param>
    /// <exception cref="IOException">It could not be inspected.</exception>
    /// <exception cref="UnauthorizedAccessException">Part of it may not be read.</exception>
    public async Task<UnsavedWorkReport> Find(GitRepository repository, GitWorktree tree, string gitDirectory, CancellationToken cancellationToken)
    {
        var keeps = new List<KeepReason>();
        if (GitOperations.InProgress(gitDirectory) is { } operation)
        {
            keeps.Add(new KeepReason(KeepReasons.Operation, operation));
        }

        await FindCommits(repository, tree, gitDirectory, keeps, cancellationToken).ConfigureAwait(false);
        var reproducible = new ReproducibleFiles(tree.Path);
        var nested = new NestedRepositories(git, reproducible);
        if (tree.IsGone)
        {
            keeps.AddRange(await nested.Stored(gitDirectory, new HashSet<string>(), cancellationToken).ConfigureAwait(false));
            return new UnsavedWorkReport(keeps, FingerprintOf(gitDirectory), 0);
        }

        var contents = await Task.Run(() => TreeContents.Read(tree.Path, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (await HiddenChanges(tree, cancellationToken).ConfigureAwait(false) is > 0 and var hidden)
        {
            keeps.Add(new KeepReason(KeepReasons.Dirty, $"{hidden} file{(hidden == 1 ? " is" : "s are")} changed, which git was told to overlook (assume-unchanged, skip-worktree)"));
        }

        var submodules = new List<string>();
        keeps.AddRange(await nested.Inspect(tree.Path, gitDirectory, repository.GitDirectory, contents.Repositories, submodules, cancellationToken).ConfigureAwait(false));
        var main = repository.IsBare ? null : repository.Root;
        if (await new IgnoredFiles(git, reproducible).Find(tree.Path, main, contents, submodules, [.. contents.Repositories.Except(submodules)], cancellationToken).ConfigureAwait(false) is { } ignored)
        {
            keeps.Add(new KeepReason(KeepReasons.Ignored, ignored));
        }

        return new UnsavedWorkReport(keeps, contents.Fingerprint ^ FingerprintOf(gitDirectory), contents.Files.Sum(static file => file.SizeBytes));
    }

    /// <summary>Everything that is kept for a tree only: refs of its own, commits left behind on a detached head, stashes.</summary>
    private async Task FindCommits(GitRepository repository, GitWorktree tree, string gitDirectory, List<KeepReason> keeps, CancellationToken cancellationToken)
    {
        var log = NativeFile.ReadSmall(Path.Combine(gitDirectory, "logs", "HEAD"), LargestLog) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        var candidates = LeftBehind(log).ToList();
        if (tree is { Branch: null, Head: { } head })
        {
            candidates.Add(head);
        }

        if (!tree.IsGone)
        {
            var own = await git.Output(tree.Path, ["for-each-ref", "--format=%(objectname)", "refs/worktree"], cancellationToken).ConfigureAwait(false);
            candidates.AddRange(own.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        var lost = new List<string>();
        foreach (var commit in candidates.Distinct(StringComparer.Ordinal))
        {
            // A commit that git has deleted since cannot be lost any more.
            var newest = await git.Ask(repository.Root, ["rev-list", "--max-count=1", commit, "--not", "--branches", "--remotes", "--tags", .. tree.Head is { } own && own != commit ? (string[])[own] : []], cancellationToken).ConfigureAwait(false);
            if (newest is { Worked: true, Output.Length: > 0 })
            {
                lost.Add(commit[..8]);
            }
        }

        if (lost.Count > 0)
        {
            keeps.Add(new KeepReason(KeepReasons.Unmerged, $"commits that were made on a detached head, or that only refs of this tree hold, are on no branch: {string.Join(", ", lost)}"));
        }

        var stashes = await Stashes(repository, tree, log, cancellationToken).ConfigureAwait(false);
        if (stashes.Count > 0)
        {
            keeps.Add(new KeepReason(KeepReasons.Stash, $"{(stashes.Count == 1 ? "1 stash was" : $"{stashes.Count} stashes were")} made in it: {string.Join(", ", stashes)}"));
        }
    }

    // 595c088… 6c1f721… Ann <ann@example.com> 1796070768 +0000	checkout: moving from 595c088… to main
    private static IEnumerable<string> LeftBehind(string log)
    {
        const string Moving = "\tcheckout: moving from ";
        foreach (var line in log.Split('\n'))
        {
            if (line.IndexOf(Moving, StringComparison.Ordinal) is >= 0 and var at && line.Length > at + Moving.Length + 40)
            {
                var from = line.Substring(at + Moving.Length, 40);
                if (!from.AsSpan().ContainsAnyExcept(HexDigits))
                {
                    yield return from;
                }
            }
        }
    }

    /// <summary>Stashes are the repository's; their messages and parents tell in which tree they were made.</summary>
    private async Task<IReadOnlyList<string>> Stashes(GitRepository repository, GitWorktree tree, string log, CancellationToken cancellationToken)
    {
        if (await git.Line(repository.Root, ["rev-parse", "-q", "--verify", "refs/stash"], cancellationToken).ConfigureAwait(false) is null)
        {
            return [];
        }

        var made = new List<string>();
        var listed = await git.Output(repository.Root, ["stash", "list", "-z", "--format=%gd%n%gs%n%P"], cancellationToken).ConfigureAwait(false);
        foreach (var entry in listed.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Split('\n') is not [var name, var message, var parents, ..])
            {
                continue;
            }

            // "WIP on fix: 6c1f721 one", "On (no branch): before the tests"
            var isDetached = message.Contains("n (no branch): ", StringComparison.Ordinal);
            if ((tree.Branch is { } branch && (message.StartsWith($"WIP on {branch}: ", StringComparison.Ordinal) || message.StartsWith($"On {branch}: ", StringComparison.Ordinal)))
                || (isDetached && parents.Length >= 40 && log.Contains(parents[..40], StringComparison.Ordinal)))
            {
                made.Add(name);
            }
        }

        return made;
    }

    /// <summary>Files that <c>git status</c> does not compare, because somebody told git so.</summary>
    private async Task<int> HiddenChanges(GitWorktree tree, CancellationToken cancellationToken)
    {
        // h 100644 5626abf0f72e58d7a153368ba57db4c673c0e171 0	a.txt
        var hidden = new List<(string Id, string Path)>();
        foreach (var entry in (await git.Output(tree.Path, ["ls-files", "-v", "-s", "-z"], cancellationToken).ConfigureAwait(false)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if ((char.IsAsciiLetterLower(entry[0]) || entry[0] == 'S') && entry.IndexOf('\t') is > 0 and var tab && entry[2..tab].Split(' ') is [var mode, var id, _]
                && mode is "100644" or "100755" && File.Exists(Path.Combine(tree.Path, entry[(tab + 1)..])))
            {
                hidden.Add((id, entry[(tab + 1)..]));
            }
        }

        if (hidden.Count == 0)
        {
            return 0;
        }

        if (hidden.Exists(static file => file.Path.Contains('\n', StringComparison.Ordinal)))
        {
            return hidden.Count;
        }

        var hashed = await git.Ask(tree.Path, ["hash-object", "--stdin-paths"], cancellationToken, string.Concat(hidden.Select(static file => file.Path + "\n"))).ConfigureAwait(false);
        var ids = hashed.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return hashed.Worked && ids.Length == hidden.Count ? hidden.Where((file, index) => ids[index] != file.Id).Count() : throw new IOException($"git hash-object: {hashed.Complaint}");
    }

    /// <summary>Of what git records about the tree: its index, head, and operations.</summary>
    private static ulong FingerprintOf(string gitDirectory) => TreeContents.Read(gitDirectory, CancellationToken.None).Fingerprint;
}
