using System.Text;

namespace Agentctl.Platform;

/// <summary>A tree as read from the disk.</summary>
/// <param name="Root">Null when the root is not there.</param>
internal readonly record struct TreeRead(TreeDirectory? Root)
{
    public FileTreeScan Collect()
    {
        if (Root is null)
        {
            return new FileTreeScan(false, [], []);
        }

        var files = new List<FileEntry>();
        var problems = new List<string>();
        foreach (var directory in Root.WithAllBelow())
        {
            if (directory.Problem is { } unread)
            {
                problems.Add(unread);
            }

            foreach (var file in directory.Files.Values)
            {
                if (file.Entry is { } entry)
                {
                    files.Add(entry);
                }
                else if (file.Problem is { } unseen)
                {
                    problems.Add(unseen);
                }
            }
        }

        return new FileTreeScan(true, files, problems);
    }

    public List<string> Names()
    {
        var names = new List<string>();
        foreach (var directory in Root?.WithAllBelow() ?? [])
        {
            foreach (var file in directory.Files.Values)
            {
                names.Add(file.Path);
            }
        }

        return names;
    }
}

/// <summary>Reads directories into <see cref="TreeDirectory"/>: one open and few getdents64 per directory, one statx per wanted file.</summary>
internal static unsafe class TreeReader
{
    public static TreeRead ReadAll(TreeShape shape, bool withStatus, CancellationToken ct)
    {
        ThisSystem.RequireLinux("Looking through directories");
        var root = new TreeDirectory(shape.Root, "", null);
        var open = new Stack<TreeDirectory>();
        open.Push(root);
        while (open.TryPop(out var directory))
        {
            ct.ThrowIfCancellationRequested();
            if (!Read(directory, shape, withStatus))
            {
                if (directory.Parent is not { } parent)
                {
                    return default;
                }

                parent.Directories.Remove(directory.Name);
                continue;
            }

            foreach (var child in directory.Directories.Values)
            {
                open.Push(child);
            }
        }

        return new TreeRead(root);
    }

    /// <summary>Reads one directory, not those below it; false when it is gone.</summary>
    public static bool Read(TreeDirectory directory, TreeShape shape, bool withStatus)
    {
        var flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | (directory.Parent is null ? 0 : FileCalls.O_NOFOLLOW);
        var descriptor = FileCalls.Open(directory.Path, flags);
        if (descriptor < 0)
        {
            directory.Problem = $"cannot read {directory.Path}: {Errno.Text(-descriptor)}";
            return !Errno.IsAbsent(-descriptor);
        }

        try
        {
            Span<byte> buffer = stackalloc byte[DirectoryReader.BufferBytes];
            var names = new DirectoryReader(descriptor, buffer);
            while (names.Next())
            {
                Add(directory, shape, withStatus, descriptor, names);
            }

            directory.Problem = names.Errno == 0 ? null : $"cannot read {directory.Path}: {Errno.Text(names.Errno)}";
            return true;
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    private static void Add(TreeDirectory directory, TreeShape shape, bool withStatus, int descriptor, in DirectoryReader found)
    {
        var type = found.Type == DirectoryReader.UnknownType ? TypeOf(descriptor, found.NameWithZero) : found.Type;
        if (type == DirectoryReader.Directory)
        {
            if (directory.Depth < shape.MaxDepth)
            {
                directory.Add(Encoding.UTF8.GetString(found.Name));
            }

            return;
        }

        if (type is not (DirectoryReader.Regular or DirectoryReader.Link))
        {
            return;
        }

        var name = Encoding.UTF8.GetString(found.Name);
        if (!shape.Wanted(name))
        {
            return;
        }

        var file = new TreeFile(directory.PathOf(name), null);
        if (!withStatus)
        {
            directory.Files[name] = file;
        }
        else
        {
            fixed (byte* bytes = found.NameWithZero)
            {
                if (Look(file, descriptor, bytes) is { } seen)
                {
                    directory.Files[name] = seen;
                }
            }
        }
    }

    /// <summary>Looks at a file again; null when it is gone or no file.</summary>
    public static TreeFile? Look(in TreeFile file)
    {
        fixed (byte* bytes = FileCalls.Bytes(file.Path))
        {
            return Look(file, FileCalls.AT_FDCWD, bytes);
        }
    }

    private static TreeFile? Look(in TreeFile file, int directory, byte* name)
    {
        var errno = FileCalls.Stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, out var status);
        var isLink = errno == 0 && status.IsLink;
        if (isLink)
        {
            errno = FileCalls.Stat(directory, name, 0, out status);
        }

        return errno == 0 ? (status.IsRegular ? new TreeFile(file.Path, NativeFile.EntryOf(file.Path, status), isLink) : null)
            : Errno.IsAbsent(errno) ? null
            : new TreeFile(file.Path, null, isLink, $"cannot look at {file.Path}: {Errno.Text(errno)}");
    }

    private static byte TypeOf(int directory, ReadOnlySpan<byte> nameWithZero)
    {
        fixed (byte* name = nameWithZero)
        {
            return FileCalls.Stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, out var status) != 0 ? DirectoryReader.UnknownType
                : status.IsDirectory ? DirectoryReader.Directory
                : status.IsRegular ? DirectoryReader.Regular
                : status.IsLink ? DirectoryReader.Link
                : DirectoryReader.UnknownType;
        }
    }
}
