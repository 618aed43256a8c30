using Agentctl.Core;

namespace Agentctl.Testing;

/// <summary>A process table a test writes: exactly the processes and locks that were added are there.</summary>
public sealed class FakeProcessTable : IProcessTable
{
    /// <summary>The inode of the initial pid namespace (PROC_PID_INIT_INO).</summary>
    public const ulong InitialPidNamespace = 0xEFFFFFFC;

    private readonly List<ProcessEntry> processes = [];
    private readonly List<HeldLock> locks = [];

    public string Host { get; init; } = "testbox";
    public string BootId { get; init; } = "11111111-2222-3333-4444-555555555555";
    public ulong PidNamespace { get; init; } = InitialPidNamespace;
    public uint UserId { get; init; } = 1000;

    public IReadOnlyList<ProcessEntry> All => processes;
    public IReadOnlyList<HeldLock> HeldLocks => locks;

    public ProcessEntry? Find(int pid) => processes.Find(process => process.Pid == pid);

    /// <summary>Adds a living process of this user.</summary>
    public FakeProcess Add(
        int pid, ulong startTicks = 1000, DateTimeOffset? startedAt = null, int terminal = 0, int parent = 1, string comm = "agent",
        uint? userId = null, IReadOnlyList<OpenFile>? openFiles = null, IReadOnlyList<string>? argv = null, string? workingDirectory = null,
        ulong? pidNamespace = null, int? sessionId = null)
    {
        var process = new FakeProcess(startedAt ?? DateTimeOffset.UnixEpoch, pidNamespace ?? PidNamespace)
        {
            Identity = new ProcessIdentity(Host, BootId, PidNamespace, pid, startTicks),
            ParentPid = parent,
            ProcessGroup = pid,
            SessionId = sessionId ?? pid,
            UserId = userId ?? UserId,
            State = 'S',
            Comm = comm,
            TerminalDevice = terminal,
            Files = openFiles,
            Arguments = argv,
            Directory = workingDirectory,
        };
        processes.Add(process);
        return process;
    }

    /// <summary>Ends a process: it and its locks are gone.</summary>
    public void Remove(int pid)
    {
        processes.RemoveAll(process => process.Pid == pid);
        locks.RemoveAll(held => held.Pid == pid);
    }

    public void Hold(string kind, int pid, ulong inode) => locks.Add(new HeldLock(kind, pid, inode));
}

/// <summary>A process that says what the test wrote; null stands for "may not be read".</summary>
public sealed class FakeProcess(DateTimeOffset startedAt, ulong? pidNamespace) : ProcessEntry
{
    public IReadOnlyList<OpenFile>? Files { get; set; }
    public IReadOnlyList<string>? Arguments { get; set; }
    public string? Directory { get; set; }
    public string? Program { get; set; }
    public IReadOnlyDictionary<string, string>? Variables { get; set; }

    public override ulong? PidNamespace { get; } = pidNamespace;
    public override DateTimeOffset StartedAt { get; } = startedAt;
    public override IReadOnlyList<string>? Argv => Arguments;
    public override string? WorkingDirectory => Directory;
    public override string? Executable => Program;
    public override IReadOnlyDictionary<string, string>? Environment => Variables;
    public override IReadOnlyList<OpenFile>? OpenFiles => Files;
}
