using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>A git repository as it is at one moment.</summary>
/// <param name="Root">Real path of its main tree; of the repository itself when it is bare.</param>
/// <param name="IsBare">It has no main tree.</param>
/// <param name="GitDirectory">Real path of git's directory of it, which all its trees share.</param>
/// <param name="Worktrees">Every tree of it, the main one first.</param>
public sealed record GitRepository(string Root, bool IsBare, string GitDirectory, IReadOnlyList<GitWorktree> Worktrees)
{
    private const int LargestPath = 64 << 10;

    private static readonly string[] RecordNames = ["locked", "gitdir", "HEAD", "commondir"];

    /// <summary>What worktrees beside it are named after.</summary>
    public string Name => Path.GetFileName(Root) is var name && IsBare && name.EndsWith(".git", StringComparison.Ordinal) && name.Length > 4 ? name[..^4] : Path.GetFileName(Root);

    /// <summary>What keeps git from taking a directory for one of a repository's, where that is not that it is none (an owner it does not trust); else null.</summary>
    public static async Task<string?> WhyNot(Git git, string directory, CancellationToken cancellationToken)
    {
        var answer = Directory.Exists(directory) ? await git.Ask(directory, ["rev-parse", "--git-dir"], cancellationToken).ConfigureAwait(false) : null;
        return answer is null or { Worked: true } || answer.Error.Contains("not a git repository", StringComparison.Ordinal) ? null : answer.Complaint;
    }

    /// <summary>The repository that a directory belongs to; null when it belongs to none.</summary>
    /// <param name="directory">Any directory in any of its trees, or in the repository itself.</param>
    /// <exception cref="IOException">Git cannot list its trees.</exception>
    public static async Task<GitRepository?> Open(Git git, string directory, CancellationToken cancellationToken)
    {
        if (await git.Line(directory, ["rev-parse", "--path-format=absolute", "--git-common-dir"], cancellationToken).ConfigureAwait(false) is not { } common)
        {
            return null;
        }

        var isBare = await git.Line(common, ["config", "--bool", "core.bare"], cancellationToken).ConfigureAwait(false) == "true";

        // A submodule's repository lies in its parent's, and its first worktree is then named by that place.
        var main = isBare ? common : await git.Line(common, ["config", "core.worktree"], cancellationToken).ConfigureAwait(false) is { } elsewhere
            ? Path.GetFullPath(elsewhere, common)
            : Path.GetDirectoryName(common)!;
        var root = RealPath.TryResolve(main) ?? main;
        RequireRegularFiles(common);
        var listed = await git.Output(common, ["worktree", "list", "--porcelain", "-z"], cancellationToken).ConfigureAwait(false);
        return new GitRepository(root, isBare, common, GitWorktree.Parse(listed, root));
    }

    /// <summary>Git's own directory of a tree, found by what it says about its place: it is there when the tree is not.</summary>
    public string? DirectoryOf(GitWorktree tree)
    {
        var worktrees = Path.Combine(GitDirectory, "worktrees");
        foreach (var directory in Directory.Exists(worktrees) ? Directory.EnumerateDirectories(worktrees) : [])
        {
            // /home/ann/shop-fix/.git
            if (NativeFile.ReadSmall(Path.Combine(directory, "gitdir"), LargestPath) is { } content
                && Path.GetDirectoryName(System.Text.Encoding.UTF8.GetString(content).TrimEnd('\n')) is { } place
                && (place == tree.Path || Path.GetFullPath(place, directory) == tree.Path || RealPath.TryResolve(place) == tree.Path))
            {
                return directory;
            }
        }

        return null;
    }

    /// <summary>Git opens these files without a look at what they are, and would wait for ever for the writer of a named pipe.</summary>
    private static void RequireRegularFiles(string common)
    {
        var worktrees = Path.Combine(common, "worktrees");
        foreach (var directory in Directory.Exists(worktrees) ? Directory.EnumerateDirectories(worktrees) : [])
        {
            foreach (var path in RecordNames.Select(name => Path.Combine(directory, name)).Where(File.Exists))
            {
                if (NativeFile.Stat(path) is null)
                {
                    throw new IOException($"{path} is not a regular file, so git cannot list the worktrees of this repository. Remove it (rm {path}), then try again.");
                }
            }
        }
    }
}

/// <summary>One tree as <c>git worktree list</c> tells it.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Head">Its commit; null in a repository without any.</param>
/// <param name="Branch">Its branch without <c>refs/heads/</c>; null when detached or bare.</param>
/// <param name="IsMain">The repository's own.</param>
/// <param name="IsGone">Its directory is missing.</param>
/// <param name="Locked">Why git was told to keep it (<c>git worktree lock</c>); empty when no reason was given, null when it was not told.</param>
public sealed record GitWorktree(string Path, string? Head, string? Branch, bool IsMain, bool IsGone, string? Locked = null)
{
    // worktree /home/ann/shop-try-g-1a2b3c-cc␀HEAD 6c1f…␀branch refs/heads/try/g-1a2b3c/cc␀␀worktree …
    internal static IReadOnlyList<GitWorktree> Parse(string porcelain, string root)
    {
        var trees = new List<GitWorktree>();
        foreach (var entry in porcelain.Split("\0\0", StringSplitOptions.RemoveEmptyEntries))
        {
            string? path = null, head = null, branch = null, locked = null;
            var isPrunable = false;
            foreach (var line in entry.Split('\0', StringSplitOptions.RemoveEmptyEntries))
            {
                var (key, value) = line.IndexOf(' ') is > 0 and var blank ? (line[..blank], line[(blank + 1)..]) : (line, "");
                switch (key)
                {
                    case "worktree": path = value; break;
                    case "HEAD" when value.AsSpan().ContainsAnyExcept('0'): head = value; break;
                    case "branch": branch = value["refs/heads/".Length..]; break;
                    case "prunable": isPrunable = true; break;
                    case "locked": locked = value; break;
                }
            }

            if (path is not null)
            {
                var isMain = trees.Count == 0;

                // Git never calls a locked tree prunable, missing or not.
                var isGone = !isMain && (isPrunable || !Directory.Exists(path));
                trees.Add(new GitWorktree(isMain ? root : RealPath.TryResolve(path) ?? path, head, branch, isMain, isGone, locked));
            }
        }

        return trees;
    }
}
