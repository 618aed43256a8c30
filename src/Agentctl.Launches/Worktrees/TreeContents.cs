namespace Agentctl.Launches;

/// <summary>One file or symbolic link of a tree.</summary>
/// <param name="Path">Relative to the tree.</param>
internal readonly record struct TreeFile(string Path, long SizeBytes, bool IsLink);

/// <summary>Every file of a tree at one moment, tracked or not.</summary>
/// <param name="Repositories">Folders in it, relative, that are git repositories or worktrees of their own, submodules included.</param>
/// <param name="Fingerprint">Changes with any path, size or time of modification.</param>
internal sealed record TreeContents(IReadOnlyList<TreeFile> Files, IReadOnlyList<string> Repositories, ulong Fingerprint)
{
    private const string GitEntry = ".git";

    /// <exception cref="IOException">Part of the tree cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Part of the tree may not be read.</exception>
    public static TreeContents Read(string root, CancellationToken cancellationToken)
    {
        var files = new List<TreeFile>();
        var repositories = new List<string>();
        var fingerprint = 0UL;
        var options = new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None, ReturnSpecialDirectories = false };
        var open = new Stack<(string Path, bool IsGitDirectory)>([("", false)]);
        while (open.TryPop(out var folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entries = new DirectoryInfo(Path.Combine(root, folder.Path)).EnumerateFileSystemInfos("*", options).ToList();
            if (folder.Path.Length > 0 && !folder.IsGitDirectory && entries.Exists(static entry => entry.Name == GitEntry))
            {
                repositories.Add(folder.Path);
            }
            else if (folder.Path.Length > 0 && !folder.IsGitDirectory && IsBare(entries))
            {
                repositories.Add(folder.Path);
                folder.IsGitDirectory = true;
            }

            foreach (var entry in entries)
            {
                var path = folder.Path.Length == 0 ? entry.Name : $"{folder.Path}/{entry.Name}";
                var isLink = entry.LinkTarget is not null;
                if (!isLink && entry is DirectoryInfo)
                {
                    open.Push((path, folder.IsGitDirectory || entry.Name == GitEntry));
                    continue;
                }

                // A name that is not UTF-8 cannot be opened by its text, and then the whole tree counts as not inspected.
                var size = isLink ? 0 : ((FileInfo)entry).Length;
                fingerprint += (ulong)(uint)HashCode.Combine(path, size, entry.LastWriteTimeUtc.Ticks) * 0x9E3779B97F4A7C15;
                if (path != GitEntry)
                {
                    files.Add(new TreeFile(path, size, isLink));
                }
            }
        }

        return new TreeContents(files, repositories, fingerprint + (ulong)files.Count);
    }

    private static bool IsBare(List<FileSystemInfo> entries) =>
        entries.Exists(static entry => entry is FileInfo && entry.Name == "HEAD")
        && entries.Exists(static entry => entry is DirectoryInfo && entry.Name == "objects")
        && entries.Exists(static entry => entry is DirectoryInfo && entry.Name == "refs");
}
