namespace Agentctl.Core;

/// <summary>What the kernel, or the owner that hosts the run, says about who holds a session.</summary>
public enum Holder
{
    /// <summary>Nothing claims to run it: only a record is there.</summary>
    None,

    /// <summary>A living process whose identity was checked.</summary>
    Process,

    /// <summary>An owner (a gateway, a vendor's daemon) that itself says it holds the run.</summary>
    Owner,

    /// <summary>A process claimed it, and that identity is gone.</summary>
    Gone,

    /// <summary>The claim comes from another pid namespace or host, where we cannot look.</summary>
    OtherNamespace,

    /// <summary>The claim is there and could not be checked (no permission, torn file, owner not answering).</summary>
    Unreadable,
}

/// <summary>What the agent's own authority says it is doing, or did last.</summary>
public enum Signal
{
    /// <summary>It says nothing.</summary>
    None,
    Busy,
    Waiting,
    Idle,

    /// <summary>The newest turn finished.</summary>
    Done,
    NeverRun,
    Aborted,
    Failed,
    TimedOut,
}

/// <summary>
/// Everything that decides the state of one session. <see cref="VerdictRules.Decide"/> turns it into a verdict; nothing else does.
/// </summary>
public sealed record Facts
{
    public required Holder Holder { get; init; }
    public required Signal Signal { get; init; }

    /// <summary>What proves <see cref="Holder"/>. Required unless there is no holder.</summary>
    public Evidence? HolderEvidence { get; init; }

    /// <summary>What proves <see cref="Signal"/>. Required unless there is no signal.</summary>
    public Evidence? SignalEvidence { get; init; }

    /// <summary>The process, when one holds (or held) the session.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>The newest launch of ours that runs, or ran, this session.</summary>
    public LaunchFacts? Launch { get; init; }

    /// <summary>What a waiting agent waits for, as a kebab-case reason: <c>permission-prompt</c>, <c>usage-limit</c>.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>Overrides the reason of an unknown state: why it cannot be told.</summary>
    public string? UnknownReason { get; init; }

    /// <summary>Further observations: shown by explain, never voted on.</summary>
    public IReadOnlyList<Evidence> Others { get; init; } = [];

    /// <summary>What cannot be known here, one sentence each.</summary>
    public IReadOnlyList<string> NotKnown { get; init; } = [];
}
