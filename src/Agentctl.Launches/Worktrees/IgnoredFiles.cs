using System.Globalization;

namespace Agentctl.Launches;

/// <summary>Finds the ignored files of a tree that nothing makes again and that are not the same in the repository's main tree.</summary>
internal sealed class IgnoredFiles(Git git, ReproducibleFiles reproducible)
{
    /// <summary>A larger copy is not compared with its original, and counts.</summary>
    private const long LargestCompared = 64 << 20;

    private const int MostNamed = 5;

    /// <param name="submodules">Folders whose own ignore rules apply, relative.</param>
    /// <param name="nested">Folders that are judged as repositories of their own, relative.</param>
    /// <returns>What they are, in words; null when there are none.</returns>
    public async Task<string?> Find(
        string root, string? main, TreeContents contents, IEnumerable<string> submodules, IReadOnlyList<string> nested, CancellationToken cancellationToken)
    {
        var ignored = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in submodules.Prepend(""))
        {
            var listed = await git.Output(
                Path.Combine(root, folder), ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"], cancellationToken).ConfigureAwait(false);
            ignored.UnionWith(listed.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(name => folder.Length == 0 ? name : $"{folder}/{name}"));
        }

        if (ignored.Count == 0)
        {
            return null;
        }

        var own = contents.Files
            .Where(file => !file.IsLink && IsBelow(file.Path, ignored) && !nested.Any(folder => file.Path.StartsWith(folder + "/", StringComparison.Ordinal)))
            .Where(file => !reproducible.Contains(file.Path) && !IsCopy(root, main, file))
            .OrderByDescending(static file => file.SizeBytes)
            .ThenBy(static file => file.Path, StringComparer.Ordinal)
            .ToList();
        if (own.Count == 0)
        {
            return null;
        }

        var named = string.Join(", ", own.Take(MostNamed).Select(static file => $"{file.Path} ({Size(file.SizeBytes)})"));
        return $"{(own.Count == 1 ? "1 ignored file is" : $"{own.Count} ignored files are")} nowhere else, {Size(own.Sum(static file => file.SizeBytes))}: {named}{(own.Count > MostNamed ? $" and {own.Count - MostNamed} more" : "")}";
    }

    /// <summary>Git names an ignored folder once, with a slash at its end.</summary>
    private static bool IsBelow(string path, HashSet<string> ignored)
    {
        if (ignored.Contains(path))
        {
            return true;
        }

        for (var end = path.IndexOf('/'); end >= 0; end = path.IndexOf('/', end + 1))
        {
            if (ignored.Contains(path[..(end + 1)]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The main tree has the same file, as <c>worktree_copy</c> makes it.</summary>
    private static bool IsCopy(string root, string? main, TreeFile file)
    {
        if (main is null || file.SizeBytes > LargestCompared)
        {
            return false;
        }

        var original = new FileInfo(Path.Combine(main, file.Path));
        return original.Exists && original.LinkTarget is null && original.Length == file.SizeBytes
            && Agentctl.Platform.NativeFile.ReadSmall(original.FullName, (int)LargestCompared) is { } theirs
            && Agentctl.Platform.NativeFile.ReadSmall(Path.Combine(root, file.Path), (int)LargestCompared) is { } ours
            && ours.AsSpan().SequenceEqual(theirs);
    }

    internal static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} KB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB"),
    };
}
