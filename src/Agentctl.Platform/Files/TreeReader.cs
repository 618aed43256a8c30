using System.Text;

namespace Agentctl.Platform;

/// <summary>Reads directories: one open and few getdents64 for each, one statx per wanted file where its status is asked for.</summary>
internal static unsafe class TreeReader
{
    /// <summary>Told of a wanted file while its directory is open.</summary>
    public delegate void WantedFile(TreeDirectory directory, int descriptor, ReadOnlySpan<byte> nameWithZero, string name);

    /// <summary>Reads one directory, not those below it, into itself; false when it is gone.</summary>
    public static bool Read(TreeDirectory directory, TreeShape shape) => Read(
        directory, shape, static (directory, _, _, name) => directory.Files[name] = default);

    /// <summary>Looks at a file; null when it is gone or no file.</summary>
    public static TreeFile? Look(string path)
    {
        fixed (byte* bytes = FileCalls.Bytes(path))
        {
            return Look(path, FileCalls.AT_FDCWD, bytes);
        }
    }

    /// <summary>Looks at a file of an open directory.</summary>
    public static TreeFile? Look(string path, int directory, ReadOnlySpan<byte> nameWithZero)
    {
        fixed (byte* bytes = nameWithZero)
        {
            return Look(path, directory, bytes);
        }
    }

    /// <summary>Reads one directory, not those below it; false when it is gone.</summary>
    public static bool Read(TreeDirectory directory, TreeShape shape, WantedFile found)
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
                var type = names.Type == DirectoryReader.UnknownType ? TypeOf(descriptor, names.NameWithZero) : names.Type;
                if (type == DirectoryReader.Directory && directory.Depth < shape.MaxDepth)
                {
                    directory.Add(Encoding.UTF8.GetString(names.Name));
                }
                else if (type is DirectoryReader.Regular or DirectoryReader.Link
                    && Encoding.UTF8.GetString(names.Name) is var name && shape.Wanted(name))
                {
                    found(directory, descriptor, names.NameWithZero, name);
                }
            }

            directory.Problem = names.Errno == 0 ? null : $"cannot read {directory.Path}: {Errno.Text(names.Errno)}";
            return true;
        }
        finally
        {
            _ = FileCalls.Close(descriptor);
        }
    }

    private static TreeFile? Look(string path, int directory, byte* name)
    {
        var errno = FileCalls.Stat(directory, name, FileCalls.AT_SYMLINK_NOFOLLOW, out var status);
        var isLink = errno == 0 && status.IsLink;
        if (isLink)
        {
            errno = FileCalls.Stat(directory, name, 0, out status);
        }

        return errno == 0 ? (status.IsRegular ? new TreeFile(NativeFile.StateOf(status), isLink) : null)
            : Errno.IsAbsent(errno) ? null
            : new TreeFile(null, isLink, $"cannot look at {path}: {Errno.Text(errno)}");
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
