using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>Finds work in the repositories, worktrees and submodules that lie inside a tree.</summary>
internal sealed class NestedRepositories(Git git, ReproducibleFiles reproducible)
{
    /// <param name="gitDirectory">Git's own directory of the tree.</param>
    /// <param name="commonDirectory">Git's directory of the repository that the tree belongs to.</param>
    /// <param name="repositories">Folders in the tree, relative.</param>
    /// <param name="submodules">Receives those that are submodules.</param>
    public async Task<IReadOnlyList<KeepReason>> Inspect(
        string root, string gitDirectory, string commonDirectory, IReadOnlyList<string> repositories, ICollection<string> submodules, CancellationToken cancellationToken)
    {
        var keeps = new List<KeepReason>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in repositories)
        {
            var directory = Path.Combine(root, path);
            var own = await git.Line(directory, ["rev-parse", "--absolute-git-dir"], cancellationToken).ConfigureAwait(false);
            if (own is null || own == gitDirectory)
            {
                keeps.Add(new KeepReason(KeepReasons.Nested, $"{path} has a .git that git cannot read"));
                continue;
            }

            var common = await git.Output(directory, ["rev-parse", "--path-format=absolute", "--git-common-dir"], cancellationToken).ConfigureAwait(false);
            var isWorktree = own != common.TrimEnd('\n');
            var unsaved = string.Join(", ", await Unsaved(directory, own, isWorktree, cancellationToken).ConfigureAwait(false));
            if (own.StartsWith(gitDirectory + "/modules/", StringComparison.Ordinal) || own.StartsWith(commonDirectory + "/modules/", StringComparison.Ordinal))
            {
                submodules.Add(path);
                seen.Add(own);
                if (unsaved.Length > 0)
                {
                    keeps.Add(new KeepReason(KeepReasons.Submodule, $"{path}: {unsaved}"));
                }
            }
            else if (isWorktree)
            {
                keeps.Add(new KeepReason(KeepReasons.Nested, $"{path} is a worktree of its own{(unsaved.Length > 0 ? $": {unsaved}" : "")}"));
            }
            else if (unsaved.Length > 0 || !reproducible.Contains(path + "/."))
            {
                keeps.Add(new KeepReason(KeepReasons.Nested, $"{path} is a git repository of its own{(unsaved.Length > 0 ? $": {unsaved}" : "")}"));
            }
        }

        keeps.AddRange(await Stored(gitDirectory, seen, cancellationToken).ConfigureAwait(false));
        return keeps;
    }

    /// <summary>Submodules that git has stored for a tree and that are not checked out now.</summary>
    public async Task<IReadOnlyList<KeepReason>> Stored(string gitDirectory, IReadOnlySet<string> seen, CancellationToken cancellationToken)
    {
        var keeps = new List<KeepReason>();
        var modules = Path.Combine(gitDirectory, "modules");
        if (!Directory.Exists(modules))
        {
            return keeps;
        }

        foreach (var head in Directory.EnumerateFiles(modules, "HEAD", SearchOption.AllDirectories))
        {
            var module = Path.GetDirectoryName(head)!;
            if (Directory.Exists(Path.Combine(module, "objects")) && !seen.Contains(module)
                && await Unpushed(module, ["--git-dir", module], cancellationToken).ConfigureAwait(false) is { } unpushed)
            {
                keeps.Add(new KeepReason(KeepReasons.Submodule, $"{Path.GetRelativePath(modules, module)}: {unpushed}"));
            }
        }

        return keeps;
    }

    /// <param name="isWorktree">Its branches and stashes are in a repository elsewhere.</param>
    private async Task<IReadOnlyList<string>> Unsaved(string directory, string gitDirectory, bool isWorktree, CancellationToken cancellationToken)
    {
        var unsaved = new List<string>();
        if (await git.Output(directory, ["rev-parse", "--is-bare-repository"], cancellationToken).ConfigureAwait(false) != "true\n")
        {
            var changed = (await git.Output(directory, WorktreeInspection.Status, cancellationToken).ConfigureAwait(false)).Split('\0', StringSplitOptions.RemoveEmptyEntries).Length;
            if (changed > 0)
            {
                unsaved.Add($"{Counted(changed, "file")} changed or new");
            }
        }

        if (!isWorktree && await Unpushed(directory, [], cancellationToken).ConfigureAwait(false) is { } unpushed)
        {
            unsaved.Add(unpushed);
        }

        if (!isWorktree && await git.Line(directory, ["rev-parse", "-q", "--verify", "refs/stash"], cancellationToken).ConfigureAwait(false) is not null)
        {
            unsaved.Add("stashed changes");
        }

        if (GitOperations.InProgress(gitDirectory) is { } operation)
        {
            unsaved.Add(operation);
        }

        return unsaved;
    }

    /// <returns>How many commits no remote-tracking branch contains, in words; null when there are none.</returns>
    private async Task<string?> Unpushed(string directory, string[] options, CancellationToken cancellationToken)
    {
        // A repository without a commit has no HEAD to count from.
        string[] head = await git.Line(directory, [.. options, "rev-parse", "-q", "--verify", "HEAD"], cancellationToken).ConfigureAwait(false) is null ? [] : ["HEAD"];
        var counted = await git.Output(directory, [.. options, "rev-list", "--count", .. head, "--branches", "--not", "--remotes"], cancellationToken).ConfigureAwait(false);
        return int.Parse(counted, CultureInfo.InvariantCulture) is > 0 and var commits ? $"{Counted(commits, "commit")} that no remote has" : null;
    }

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{count} {what}s");
}
