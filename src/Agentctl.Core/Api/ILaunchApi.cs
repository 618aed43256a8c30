namespace Agentctl.Core;

/// <summary>
/// What the command line asks about launches, beside what it asks of sessions: answered by the daemon or in process, with the same
/// code. Every answer is a document of its own name, or a <see cref="ProblemDocument"/>.
/// </summary>
public interface ILaunchApi
{
    /// <summary>
    /// A <see cref="LaunchedDocument"/>: when the agent has told its session, or has ended. The agent inherits the environment of
    /// the program that is asked, which is why the command line asks itself.
    /// </summary>
    Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken);

    /// <summary>A <see cref="StopDocument"/>, also when some could not be stopped.</summary>
    Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken);

    /// <summary>An <see cref="ActionDocument"/>.</summary>
    Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken);

    /// <summary>An <see cref="ActionDocument"/>.</summary>
    Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken);

    /// <summary>A <see cref="WaitDocument"/>, when what was waited for is there or the time is over.</summary>
    Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken);

    /// <summary>A <see cref="LocksDocument"/>.</summary>
    Task<ApiReply> Locks(CancellationToken cancellationToken);

    /// <summary>The <see cref="LockRow"/>.</summary>
    Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken);

    /// <summary>The <see cref="LockRow"/> that is gone.</summary>
    Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken);

    /// <summary>A <see cref="QueueDocument"/>.</summary>
    Task<ApiReply> Queue(CancellationToken cancellationToken);

    /// <summary>The <see cref="QueueDocument"/> as it is then.</summary>
    Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken);

    /// <summary>A <see cref="HooksDocument"/>: what became of the hooks of a session's newest launch.</summary>
    Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken);

    /// <summary>A <see cref="FusesDocument"/>.</summary>
    Task<ApiReply> Fuses(CancellationToken cancellationToken);

    /// <summary>The <see cref="FusesDocument"/> as it is then.</summary>
    Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken);

    /// <summary>A <see cref="PruneDocument"/>.</summary>
    Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken);

    /// <summary>An <see cref="EventDocument"/> each; does not end by itself.</summary>
    /// <param name="after">A cursor; null = from now on, after a snapshot.</param>
    Task<ApiParts> Events(string? after, CancellationToken cancellationToken);
}
