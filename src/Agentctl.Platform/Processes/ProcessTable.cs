using System.Collections.Concurrent;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>
/// The processes of this machine, from /proc. Taking one costs nothing: <see cref="Find"/> reads single processes and remembers
/// the answer, so that all adapters of one request see the same; <see cref="All"/> reads every process once.
/// </summary>
public sealed class ProcessTable : IProcessTable
{
    private readonly ThisMachine _machine;
    private readonly ConcurrentDictionary<int, ProcessEntry?> _found = new();
    private readonly Lazy<IReadOnlyList<ProcessEntry>> _all;
    private readonly Lazy<IReadOnlyList<HeldLock>> _locks = new(ProcLocks.Read);
    private readonly Lazy<DateTimeOffset> _bootedAt = new(BootTime.Read);

    private ProcessTable(ThisMachine machine)
    {
        _machine = machine;
        _all = new(ReadAll);
    }

    /// <exception cref="CannotLookException">There is no usable /proc.</exception>
    public static ProcessTable Take() => new(ThisMachine.Current);

    public string Host => _machine.Host;
    public string BootId => _machine.BootId;
    public ulong PidNamespace => _machine.PidNamespace;
    public uint UserId => _machine.UserId;

    public IReadOnlyList<ProcessEntry> All => _all.Value;

    public IReadOnlyList<HeldLock> HeldLocks => _locks.Value;

    internal DateTimeOffset BootedAt => _bootedAt.Value;

    /// <exception cref="CannotLookException">The process may be there, and could not be read.</exception>
    public ProcessEntry? Find(int pid)
    {
        if (pid <= 0)
        {
            return null;
        }

        if (!_found.TryGetValue(pid, out var entry) && !_all.IsValueCreated)
        {
            entry = _found.GetOrAdd(pid, Read(pid));
        }

        return entry;
    }

    private List<ProcessEntry> ReadAll()
    {
        var pids = ProcFile.Numbers("/proc\0"u8, out var errno)
            ?? throw new CannotLookException($"cannot read /proc: {Errno.Text(errno)}");
        var all = new List<ProcessEntry>(256);
        foreach (var pid in pids)
        {
            if (_found.GetOrAdd(pid, Read) is { } entry)
            {
                all.Add(entry);
            }
        }

        return all;
    }

    private LinuxProcess? Read(int pid)
    {
        Span<byte> line = stackalloc byte[ProcStat.LongestLine];
        var length = ProcFile.ReadStat(pid, line, out var userId);
        if (length < 0)
        {
            return Errno.IsAbsent(-length) ? null : throw ProcStat.CannotRead(pid, -length);
        }

        return ProcStat.Parse(line[..length]) is not { IsGone: false } stat ? null : new LinuxProcess(this)
        {
            Identity = new ProcessIdentity(Host, BootId, PidNamespace, pid, stat.StartTicks),
            ParentPid = stat.ParentPid,
            ProcessGroup = stat.ProcessGroup,
            SessionId = stat.SessionId,
            UserId = userId,
            State = stat.State,
            Comm = stat.Comm,
            TerminalDevice = stat.TerminalDevice,
        };
    }
}
