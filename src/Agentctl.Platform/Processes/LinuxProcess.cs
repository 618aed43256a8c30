using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// A process as /proc shows it. What is read on demand is remembered, and is null when it may not be read or when the process
/// was not the same one any more after the reading.
/// </summary>
internal sealed class LinuxProcess(ProcessTable table) : ProcessEntry
{
    private const int OwnerMayWrite = 0x80;

    private const int LongestTarget = 4096;

    private StrongBox<ulong?>? _pidNamespace;
    private StrongBox<IReadOnlyList<string>?>? _argv;
    private StrongBox<string?>? _workingDirectory;
    private StrongBox<string?>? _executable;
    private StrongBox<IReadOnlyDictionary<string, string>?>? _environment;
    private StrongBox<IReadOnlyList<OpenFile>?>? _openFiles;

    public override DateTimeOffset StartedAt =>
        table.BootedAt.AddTicks((long)(StartTicks * (ulong)TimeSpan.TicksPerSecond / (ulong)ProcessCalls.TicksPerSecond));

    public override ulong? PidNamespace => Once(ref _pidNamespace, () => ProcFile.NamespaceNumber(Link("ns/pid"u8)));

    public override IReadOnlyList<string>? Argv => Once(ref _argv, () => Split(Content("cmdline"u8)));

    public override string? WorkingDirectory => Once(ref _workingDirectory, () => Link("cwd"u8));

    public override string? Executable => Once(ref _executable, () => Link("exe"u8));

    public override IReadOnlyDictionary<string, string>? Environment => Once(ref _environment, () => Variables(Content("environ"u8)));

    public override IReadOnlyList<OpenFile>? OpenFiles => Once(ref _openFiles, ReadOpenFiles);

    /// <summary>Reads the links of the descriptors and nothing else; not remembered.</summary>
    public override unsafe bool HasFileBelow(string folder)
    {
        Span<byte> path = stackalloc byte[ProcFile.LongestPath];
        var directory = ProcFile.PathOf(Pid, "fd"u8, path);
        var descriptors = Readable(ProcFile.Numbers(directory, out var errno), "fd"u8, errno);
        if (descriptors is null)
        {
            return false;
        }

        var prefix = FileCalls.Bytes(folder + "/").AsSpan()[..^1];
        var target = stackalloc byte[LongestTarget];
        directory[^1] = (byte)'/';
        fixed (byte* link = path)
        {
            foreach (var descriptor in descriptors)
            {
                Utf8Formatter.TryFormat(descriptor, path[directory.Length..], out var digits);
                path[directory.Length + digits] = 0;
                var length = (int)FileCalls.ReadLink(link, target, LongestTarget);
                if (length > prefix.Length && new ReadOnlySpan<byte>(target, length).StartsWith(prefix))
                {
                    return ProcStat.StartTicksOf(Pid) == StartTicks;
                }
            }
        }

        return false;
    }

    private T? Once<T>(ref StrongBox<T?>? kept, Func<T?> read)
    {
        if (Volatile.Read(ref kept) is { } known)
        {
            return known.Value;
        }

        var value = read();
        if (value is not null && ProcStat.StartTicksOf(Pid) != StartTicks)
        {
            value = default;
        }

        // Two threads may both read; the first answer is everybody's.
        return (Interlocked.CompareExchange(ref kept, new StrongBox<T?>(value), null) ?? kept).Value;
    }

    private string? Link(ReadOnlySpan<byte> name) => Readable(ProcFile.ReadLink(Pid, name, out var errno), name, errno);

    private byte[]? Content(ReadOnlySpan<byte> name) => Readable(ProcFile.ReadAll(Pid, name, out var errno), name, errno);

    /// <summary>Gone and forbidden are null; a machine out of descriptors is neither.</summary>
    private T? Readable<T>(T? value, ReadOnlySpan<byte> name, int errno)
        where T : class =>
        value is not null || Errno.IsAbsent(errno) || Errno.IsForbidden(errno)
            ? value
            : throw new CannotLookException($"cannot read /proc/{Pid}/{ProcFile.Text(name)}: {Errno.Text(errno)}");

    /// <summary>Texts, each ended by a zero.</summary>
    private static List<string>? Split(byte[]? content)
    {
        if (content is null)
        {
            return null;
        }

        var texts = new List<string>();
        for (var rest = content.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)0);
            texts.Add(ProcFile.Text(end < 0 ? rest : rest[..end]));
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return texts;
    }

    private static Dictionary<string, string>? Variables(byte[]? content)
    {
        if (Split(content) is not { } texts)
        {
            return null;
        }

        var variables = new Dictionary<string, string>(texts.Count);
        foreach (var text in texts)
        {
            if (text.IndexOf('=') is var equals and > 0)
            {
                // getenv(3) finds the first of two.
                variables.TryAdd(text[..equals], text[(equals + 1)..]);
            }
        }

        return variables;
    }

    private List<OpenFile>? ReadOpenFiles()
    {
        Span<byte> path = stackalloc byte[ProcFile.LongestPath];
        var descriptors = Readable(ProcFile.Numbers(ProcFile.PathOf(Pid, "fd"u8, path), out var errno), "fd"u8, errno);
        if (descriptors is null)
        {
            return null;
        }

        var files = new List<OpenFile>();
        foreach (var descriptor in descriptors)
        {
            if (RegularFile(descriptor) is { } file)
            {
                files.Add(file);
            }
        }

        return files;
    }

    private unsafe OpenFile? RegularFile(int descriptor)
    {
        var path = FileCalls.Bytes($"/proc/{Pid}/fd/{descriptor}");
        if (FileCalls.ReadLink(path, out _) is not ['/', ..] target || target.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return null;
        }

        fixed (byte* bytes = path)
        {
            // The link's own permissions tell how the file was opened (proc_pid_fd(5)).
            return FileCalls.Stat(FileCalls.AT_FDCWD, bytes, FileCalls.AT_STATX_DONT_SYNC, out var status) == 0
                && status.IsRegular
                && FileCalls.Stat(FileCalls.AT_FDCWD, bytes, FileCalls.AT_SYMLINK_NOFOLLOW, out var link) == 0
                ? new OpenFile(descriptor, target, (link.Mode & OwnerMayWrite) != 0)
                : null;
        }
    }
}
