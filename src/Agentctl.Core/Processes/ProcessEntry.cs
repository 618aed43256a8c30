namespace Agentctl.Core;

/// <summary>
/// One living process. The fixed part is read at once, the rest on demand; what is read on demand is given only
/// if the process was still the same afterwards, else null.
/// </summary>
public abstract class ProcessEntry
{
    public required ProcessIdentity Identity { get; init; }
    public required int ParentPid { get; init; }
    public required int ProcessGroup { get; init; }
    public required int SessionId { get; init; }
    public required uint UserId { get; init; }

    /// <summary>State letter of proc_pid_stat(5), field 3.</summary>
    public required char State { get; init; }

    /// <summary>Command name, at most 15 characters. Shown, never used to find or to judge a process.</summary>
    public required string Comm { get; init; }

    /// <summary>Device number of the controlling terminal, proc_pid_stat(5) field 7; 0 = none.</summary>
    public int TerminalDevice { get; init; }

    public int Pid => Identity.Pid;
    public ulong StartTicks => Identity.StartTicks;

    /// <summary>Inode of the process's own pid namespace; null when it may not be read.</summary>
    public abstract ulong? PidNamespace { get; }

    public abstract IReadOnlyList<string>? Argv { get; }
    public abstract string? WorkingDirectory { get; }
    public abstract string? Executable { get; }
    public abstract IReadOnlyDictionary<string, string>? Environment { get; }

    /// <summary>Paths of open regular files, with whether they are open for writing; null when they may not be read.</summary>
    public abstract IReadOnlyList<OpenFile>? OpenFiles { get; }

    /// <summary>
    /// Whether the process has a file of this folder, or of one below it, open: far cheaper than all its open files, and so fit to
    /// be asked of every process. False when it may not be read.
    /// </summary>
    /// <param name="folder">Absolute, links resolved, as the kernel shows it.</param>
    public virtual bool HasFileBelow(string folder) =>
        OpenFiles is { } files && files.Any(file => file.Path.Length > folder.Length && file.Path[folder.Length] == '/' && file.Path.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>When the process started.</summary>
    public abstract DateTimeOffset StartedAt { get; }
}

/// <summary>A file a process holds open.</summary>
/// <param name="Descriptor">The descriptor's number.</param>
/// <param name="Path">Absolute path as the kernel shows it.</param>
/// <param name="Writable">Open for writing: a writer may own the file, a reader (an editor, <c>tail -f</c>) never does.</param>
public readonly record struct OpenFile(int Descriptor, string Path, bool Writable = false);
