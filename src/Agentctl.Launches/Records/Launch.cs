using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>One launch as its files and the kernel tell it at one moment.</summary>
public sealed record Launch
{
    /// <summary>The adapter of a launch whose record cannot be read.</summary>
    public const string UnknownAdapter = "unknown";

    public required LaunchRecord Record { get; init; }

    /// <summary>Null until the shim has made the agent's process.</summary>
    public AgentRecord? Agent { get; init; }

    /// <summary>What the agent's output has told so far.</summary>
    public ToldRecord? Told { get; init; }

    public StopRecord? Stop { get; init; }
    public ExitRecord? Exit { get; init; }
    public required LaunchStanding Standing { get; init; }

    /// <summary>There while it waits for its turn.</summary>
    public QueuedRecord? Queued { get; init; }

    /// <summary>What of its files could not be read or is not believed, as sentences; null when all is well.</summary>
    public string? Damage { get; init; }

    /// <summary>
    /// A file that says what it is or whether it lives cannot be read. Until the kernel proves its end it counts as alive (law L6).
    /// </summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Who holds its lease, where only the kernel shows it.</summary>
    public HeldLease? Holder { get; init; }

    /// <summary>The end that its files claim although the kernel shows that its agent lives.</summary>
    public ExitRecord? RefutedExit { get; init; }

    /// <summary>For a launch whose shim is gone without a record: what still lives of it. Null when nobody had to look.</summary>
    public Remains? Remains { get; init; }

    /// <summary>The name of its directory. What the record inside says is never used as a path.</summary>
    public string Id => Record.Id;

    /// <summary>The agent's own id, where it is known.</summary>
    public string? SessionId => Record.SessionId ?? Told?.SessionId;

    /// <summary>What its session is called: the agent's id, else <c>@launch-id</c>.</summary>
    public string SessionName => SessionId ?? LaunchId.Provisional(Id);

    /// <summary>It waits for its turn: its shim lives, and holds nothing but the caller's environment.</summary>
    public bool IsQueued => Queued is not null && Exit is null && Standing == LaunchStanding.Held;

    /// <summary>
    /// Something of it lives, so what it holds (its directory, its slots) is held. An end that is recorded holds nothing any more,
    /// although its shim may need another moment to go: the record is written when the tree is empty.
    /// </summary>
    public bool IsHeld => !IsQueued && (Standing is LaunchStanding.Held || (Standing is LaunchStanding.ShimLost or LaunchStanding.Unattended && Remains is not { Lives: false }));

    /// <summary>The shim's process, whether it lives or not.</summary>
    public ProcessIdentity? ShimIdentity => Holder?.Shim ?? (Agent is { } agent
        ? new ProcessIdentity(Record.Host, Record.BootId, Record.PidNamespace, agent.ShimPid, agent.ShimStartTicks)
        : null);

    /// <summary>The agent's process, whether it lives or not.</summary>
    public ProcessIdentity? AgentIdentity => Agent is { } agent
        ? new ProcessIdentity(Record.Host, Record.BootId, Record.PidNamespace, agent.Pid, agent.StartTicks)
        : Holder?.Agent;
}

/// <summary>What lives of a launch whose shim was killed.</summary>
/// <param name="Lives">Something does, or may: it holds what it held.</param>
/// <param name="Fact">How that is known, as a sentence.</param>
/// <param name="Processes">What lives, where it can be named.</param>
/// <param name="CannotTell">It belongs to another pid namespace or host: it may live.</param>
public sealed record Remains(bool Lives, string Fact, IReadOnlyList<ProcessIdentity> Processes, bool CannotTell = false);
