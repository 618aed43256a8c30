using System.Buffers;
using System.Globalization;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Keeps removed trees for a week. A tree and git's own record of it (index, head, reflog, submodules) are moved by rename, never copied:
/// into agentctl's home, or, where that is another file system, beside the place they came from. Refs below
/// <c>refs/agentctl/removed/</c> keep git from deleting their commits meanwhile.
/// </summary>
public sealed class WorktreeQuarantine(string agentctlHome, TimeProvider time)
{
    public static readonly TimeSpan Period = TimeSpan.FromDays(7);

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Of a reflog; older ones are not worth a ref each.</summary>
    private const int MostCommits = 1000;

    private const string TreeName = "tree";
    private const string GitName = "git";

    private string Folder => Path.Combine(agentctlHome, "worktrees");

    /// <summary>The folder that describes a removed tree and, where the file system allows it, holds its files.</summary>
    public string FolderOf(RemovedWorktree removed) => Path.Combine(Folder, removed.Id);

    /// <summary>Removes a tree, or git's record of one whose directory is missing.</summary>
    /// <returns>What can be restored.</returns>
    /// <exception cref="IOException">It could not be moved, and is where it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be moved, and is where it was.</exception>
    public async Task<RemovedWorktree> Take(Git git, GitRepository repository, InspectedWorktree inspected, string gitDirectory, CancellationToken cancellationToken)
    {
        var tree = inspected.Tree;
        var id = "w-" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..8];
        var removed = new RemovedWorktree
        {
            Id = id,
            Path = tree.Path,
            Repository = repository.Root,
            GitDirectory = repository.GitDirectory,
            Name = Path.GetFileName(gitDirectory),
            Branch = tree.Branch,
            Head = tree.Head,
            Group = inspected.Label?.Group,
            SizeBytes = inspected.SizeBytes ?? 0,
            RemovedAt = time.GetUtcNow(),
        };
        var folder = Path.Combine(Folder, id);
        PrivateDirectory.Ensure(Folder);
        PrivateDirectory.Ensure(folder);
        try
        {
            LaunchFolder.Write(folder, RemovedWorktree.FileName, removed, RemovedWorktreeJson.Default.RemovedWorktree);
            await Protect(git, removed, gitDirectory, cancellationToken).ConfigureAwait(false);
            if (!tree.IsGone)
            {
                Move(tree.Path, TreePlaces(removed));
            }

            try
            {
                Move(gitDirectory, GitPlaces(removed));
            }
            catch when (!tree.IsGone)
            {
                MoveBack(TreePlaces(removed), tree.Path);
                throw;
            }
        }
        catch
        {
            await Unprotect(git, removed).ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
            throw;
        }

        return removed;
    }

    /// <summary>Notes that the branch of a removed tree is deleted too.</summary>
    public void NoteBranchDeleted(RemovedWorktree removed) =>
        LaunchFolder.Write(Path.Combine(Folder, removed.Id), RemovedWorktree.FileName, removed with { BranchDeleted = true }, RemovedWorktreeJson.Default.RemovedWorktree);

    /// <summary>Every removed tree, the newest first.</summary>
    /// <param name="problems">Receives what could not be read, one sentence each.</param>
    public IReadOnlyList<RemovedWorktree> All(ICollection<string> problems)
    {
        var all = new List<RemovedWorktree>();
        foreach (var id in Ids())
        {
            try
            {
                if (LaunchFolder.Read(Path.Combine(Folder, id), RemovedWorktree.FileName, RemovedWorktreeJson.Default.RemovedWorktree) is { } removed)
                {
                    all.Add(removed with { Id = id });
                }
            }
            catch (Exception unreadable) when (unreadable is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add(unreadable.Message);
            }
        }

        return [.. all.OrderByDescending(static removed => removed.RemovedAt)];
    }

    /// <summary>Puts a tree back where it was, with git's record of it, and its branch when that is gone.</summary>
    public async Task<RestoreOutcome> Restore(Git git, RemovedWorktree removed, CancellationToken cancellationToken)
    {
        var registration = Path.Combine(removed.GitDirectory, "worktrees", removed.Name);
        if (Path.Exists(removed.Path))
        {
            return new RestoreOutcome.Refused($"{removed.Path} exists. Move it away, then restore {removed.Id} again.");
        }

        if (!Directory.Exists(removed.GitDirectory) || await GitRepository.Open(git, removed.GitDirectory, cancellationToken).ConfigureAwait(false) is not { } repository)
        {
            return new RestoreOutcome.Refused($"The repository {removed.Repository} is not there any more. The files of the tree are in {Present(TreePlaces(removed)) ?? Path.Combine(Folder, removed.Id)}.");
        }

        if (Path.Exists(registration))
        {
            return new RestoreOutcome.Refused($"{removed.Repository} has another worktree that git calls {removed.Name}. Remove that first (git worktree list).");
        }

        if (repository.Worktrees.FirstOrDefault(tree => removed.Branch is not null && tree.Branch == removed.Branch) is { } other)
        {
            return new RestoreOutcome.Refused($"The branch {removed.Branch} is checked out in {other.Path}. Remove that worktree, or check out another branch there, then restore {removed.Id} again.");
        }

        var (created, note) = await Branch(git, removed, cancellationToken).ConfigureAwait(false);
        if (Present(GitPlaces(removed)) is not { } record)
        {
            return new RestoreOutcome.Refused($"Git's record of {removed.Path} is missing in {Path.Combine(Folder, removed.Id)}. The files of the tree are in {Present(TreePlaces(removed)) ?? "no place that is known"}.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(registration)!);
        Directory.Move(record, registration);

        try
        {
            if (Present(TreePlaces(removed)) is { } files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(removed.Path)!);
                Directory.Move(files, removed.Path);
            }
        }
        catch
        {
            Move(registration, GitPlaces(removed));
            throw;
        }

        if (note is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(registration, "HEAD"), removed.Head + "\n", CancellationToken.None).ConfigureAwait(false);
        }

        await Unprotect(git, removed).ConfigureAwait(false);
        Directory.Delete(Path.Combine(Folder, removed.Id), recursive: true);
        return new RestoreOutcome.Restored(removed, created, note);
    }

    /// <summary>Removed trees whose time is over.</summary>
    /// <param name="problems">Receives what could not be read, one sentence each.</param>
    public IReadOnlyList<RemovedWorktree> Expired(ICollection<string> problems)
    {
        var now = time.GetUtcNow();
        var readable = All(problems);
        var damaged = Ids().Except(readable.Select(static removed => removed.Id)).Select(id => new RemovedWorktree
        {
            // Nothing is known of it but when its folder was made.
            Id = id,
            Path = Path.Combine(Folder, id, TreeName),
            Repository = "",
            GitDirectory = "",
            Name = "",
            RemovedAt = new DateTimeOffset(Directory.GetLastWriteTimeUtc(Path.Combine(Folder, id))),
        });
        return [.. readable.Concat(damaged).Where(removed => now - removed.RemovedAt > Period)];
    }

    /// <summary>Deletes a removed tree for good.</summary>
    public async Task Delete(Git? git, RemovedWorktree removed)
    {
        if (git is not null && removed.GitDirectory.Length > 0 && Directory.Exists(removed.GitDirectory))
        {
            await Unprotect(git, removed).ConfigureAwait(false);
        }

        // Places outside of the home carry the id in their name, which nobody but Take gives.
        foreach (var place in TreePlaces(removed).Concat(removed.GitDirectory.Length > 0 ? GitPlaces(removed) : []).Where(IsDirectory))
        {
            DeleteAll(place);
        }

        DeleteAll(Path.Combine(Folder, removed.Id));
    }

    private static async Task Protect(Git git, RemovedWorktree removed, string gitDirectory, CancellationToken cancellationToken)
    {
        var objects = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["head"] = removed.Head,
            ["autostash"] = GitOperations.Autostash(gitDirectory),

            // Fails while a merge has conflicts; their files are in the tree.
            ["index"] = Directory.Exists(removed.Path) ? await git.Line(removed.Path, ["write-tree"], cancellationToken).ConfigureAwait(false) : null,
        };
        foreach (var commit in ReflogOf(gitDirectory))
        {
            objects.TryAdd($"log/{commit}", commit);
        }

        // Git refuses all when one is missing, and old commits of a reflog may have been deleted long ago.
        var wanted = objects.Where(static one => one.Value is { Length: > 0 }).ToList();
        var known = await git.Ask(removed.GitDirectory, ["cat-file", "--batch-check"], cancellationToken, string.Concat(wanted.Select(static one => one.Value + "\n"))).ConfigureAwait(false);
        var missing = known.Output.Split('\n').Where(static line => line.EndsWith(" missing", StringComparison.Ordinal)).Select(static line => line.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        var made = await git.Ask(
            removed.GitDirectory, ["update-ref", "--stdin"], cancellationToken,
            string.Concat(wanted.Where(one => !missing.Contains(one.Value!)).Select(one => $"create {RefsOf(removed)}/{one.Key} {one.Value}\n"))).ConfigureAwait(false);
        if (!made.Worked)
        {
            throw new IOException($"its commits could not be kept from being deleted: {made.Complaint}");
        }
    }

    /// <summary>The newest commits that the tree was at.</summary>
    private static IEnumerable<string> ReflogOf(string gitDirectory)
    {
        // 6c1f721… 595c088… Ann <ann@example.com> 1796070768 +0000	commit: two
        var log = NativeFile.ReadSmall(Path.Combine(gitDirectory, "logs", "HEAD"), UnsavedWork.LargestLog) is { } content ? System.Text.Encoding.UTF8.GetString(content) : "";
        return log.Split('\n').Where(static line => line.Length > 81).SelectMany(static line => (string[])[line[..40], line[41..81]])
            .Where(static id => !id.AsSpan().ContainsAnyExcept(HexDigits) && id.AsSpan().ContainsAnyExcept('0')).Distinct(StringComparer.Ordinal).TakeLast(MostCommits);
    }

    private static async Task Unprotect(Git git, RemovedWorktree removed)
    {
        var refs = await git.Line(removed.GitDirectory, ["for-each-ref", "--format=%(refname)", RefsOf(removed) + "/"], CancellationToken.None).ConfigureAwait(false) ?? "";
        foreach (var name in refs.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _ = await git.Ask(removed.GitDirectory, ["update-ref", "-d", name], CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Makes sure that the branch leads to the commit the tree was at; a branch that has moved on is left as it is.</summary>
    private static async Task<(bool Created, string? Note)> Branch(Git git, RemovedWorktree removed, CancellationToken cancellationToken)
    {
        if (removed.Branch is not { } branch || removed.Head is not { } head)
        {
            return (false, null);
        }

        var now = await git.Line(removed.GitDirectory, ["rev-parse", "-q", "--verify", $"refs/heads/{branch}"], cancellationToken).ConfigureAwait(false);
        if (now is null)
        {
            // An old value of nothing makes git refuse when the branch appears meanwhile.
            var made = await git.Ask(removed.GitDirectory, ["update-ref", $"refs/heads/{branch}", head, new string('0', head.Length)], cancellationToken).ConfigureAwait(false);
            return made.Worked ? (true, null) : throw new IOException($"The branch {branch} could not be created again: {made.Complaint}");
        }

        return (false, now == head ? null : $"the branch {branch} has other commits now, so the tree is detached at {head[..Math.Min(head.Length, 8)]}");
    }

    private IEnumerable<string> Ids() => !Directory.Exists(Folder) ? [] : Directory.EnumerateDirectories(Folder).Select(static path => Path.GetFileName(path))
        .Where(static name => name.Length == 10 && name.StartsWith("w-", StringComparison.Ordinal) && !name.AsSpan(2).ContainsAnyExcept(HexDigits)).Order(StringComparer.Ordinal);

    private string[] TreePlaces(RemovedWorktree removed) =>
        [Path.Combine(Folder, removed.Id, TreeName), Path.Combine(Path.GetDirectoryName(removed.Path) ?? "/", $".agentctl-removed-{removed.Id}")];

    private string[] GitPlaces(RemovedWorktree removed) =>
        [Path.Combine(Folder, removed.Id, GitName), Path.Combine(removed.GitDirectory, $"agentctl-removed-{removed.Id}")];

    private static string RefsOf(RemovedWorktree removed) => $"refs/agentctl/removed/{removed.Id}";

    private static string? Present(string[] places) => places.FirstOrDefault(IsDirectory);

    private static bool IsDirectory(string path) => new DirectoryInfo(path) is { Exists: true, LinkTarget: null };

    /// <summary>A rename works within one file system only; the second place is on the source's own.</summary>
    private static void Move(string from, string[] places)
    {
        try
        {
            Directory.Move(from, places[0]);
        }
        catch (IOException) when (Directory.Exists(from))
        {
            Directory.Move(from, places[1]);
        }
    }

    private static void MoveBack(string[] places, string to)
    {
        if (Present(places) is { } moved)
        {
            Directory.Move(moved, to);
        }
    }

    /// <summary>Also what is write-protected, as caches of packages often are. Links are deleted, never followed.</summary>
    private static void DeleteAll(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = false, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        var open = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (open.TryPop(out var directory))
        {
            if (!OperatingSystem.IsWindows())
            {
                directory.UnixFileMode |= UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            }

            foreach (var inner in directory.EnumerateDirectories("*", options).Where(static inner => inner.LinkTarget is null))
            {
                open.Push(inner);
            }
        }

        Directory.Delete(folder, recursive: true);
    }
}
