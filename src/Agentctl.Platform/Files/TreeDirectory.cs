using System.Runtime.InteropServices;

namespace Agentctl.Platform;

/// <summary>What belongs to a tree.</summary>
internal sealed record TreeShape(string Root, Func<string, bool> Wanted, int MaxDepth);

/// <summary>One directory of a tree as last read.</summary>
internal sealed class TreeDirectory(string path, string name, TreeDirectory? parent)
{
    public string Path { get; } = path;
    public string Name { get; } = name;
    public TreeDirectory? Parent { get; } = parent;

    /// <summary>Depth of the files in it, counted as find(1) does.</summary>
    public int Depth { get; } = parent is null ? 1 : parent.Depth + 1;

    /// <summary>Filled only while the tree is watched.</summary>
    public Dictionary<string, TreeFile> Files => field ??= [];
    public Dictionary<string, TreeDirectory> Directories => field ??= [];

    /// <summary>inotify's number for it; 0 = not watched.</summary>
    public int Watch { get; set; }

    /// <summary>Why it could not be read.</summary>
    public string? Problem { get; set; }

    public TreeDirectory Add(string name)
    {
        var child = new TreeDirectory(PathOf(name), name, this);
        Directories[name] = child;
        return child;
    }

    public string PathOf(string name) => Path == "/" ? "/" + name : string.Concat(Path, "/", name);

    public IEnumerable<TreeDirectory> WithAllBelow()
    {
        var open = new Stack<TreeDirectory>();
        open.Push(this);
        while (open.TryPop(out var directory))
        {
            yield return directory;
            foreach (var child in directory.Directories.Values)
            {
                open.Push(child);
            }
        }
    }
}

/// <summary>A wanted file in a directory, without its path: of a hundred thousand the paths alone would be 30 MB.</summary>
/// <param name="State">As last looked at; null = to be looked at.</param>
/// <param name="IsLink">A symbolic link: its target's changes are not told by the directory's watch.</param>
/// <param name="Problem">Why it could not be looked at.</param>
internal readonly record struct TreeFile(FileState? State, bool IsLink = false, string? Problem = null);

/// <summary>What tells one version of a file from another.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileState(ulong Inode, long SizeBytes, DateTimeOffset ModifiedAt)
{
    public FileEntry At(string path) => new(path, Inode, SizeBytes, ModifiedAt);
}
