using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Who holds which directory, and people's own locks.</summary>
internal sealed class Locking(AgentEnvironment environment, LaunchStore store, Undertaker undertaker, DirectoryLocks locks, OutputReading output, Func<string, IAgentLauncher?> launcherOf, TimeProvider time)
{
    public ApiReply Locks()
    {
        var problems = new List<string>();
        return Replies.Ok(new LocksDocument(Rows(problems), problems), ApiJson.Readable.LocksDocument);
    }

    /// <summary>Everything that is held now, by directory.</summary>
    private IReadOnlyList<LockRow> Rows(List<string> problems) => Rows(undertaker.Attend(store.Live(problems), ProcessTable.Take()), problems);

    /// <summary>The same, of launches that were looked at already.</summary>
    public IReadOnlyList<LockRow> Rows(IReadOnlyList<Launch> launches, List<string> problems)
    {
        var processes = ProcessTable.Take();
        var rows = locks.Held(problems).Select(held => RowOf(held, processes)).ToList();
        foreach (var launch in undertaker.ConfirmByShims(launches, processes))
        {
            if (launch is { IsHeld: true, Record: { Conversation: null, Cwd: { } cwd } })
            {
                var told = output.Read(launch, launcherOf(launch.Record.Adapter));
                rows.Add(new LockRow(
                    cwd, "auto", launch.Agent?.Pid, told.SessionName, launch.Id, launch.Record.Adapter, LockedBy: null,
                    launch.Remains is null ? null : "shim-lost", launch.Record.LaunchedAt, ExpiresAt: null, Alive: true));
            }
        }

        rows.Sort(static (a, b) => string.CompareOrdinal(a.Directory, b.Directory) is not 0 and var order ? order : a.LockedAt.CompareTo(b.LockedAt));
        return rows;
    }

    /// <summary>A person's lock, until unlock or the end of its time.</summary>
    public async Task<ApiReply> Take(LockOrder order, CancellationToken cancellationToken)
    {
        if (order.Id is { } id && !LaunchId.IsOne(id))
        {
            return Replies.BadRequest($"'id' is {LaunchId.Length} letters and digits, not '{id}'.");
        }

        if (RecordOf(order, command: null, out var problem) is not { } wanted)
        {
            return Replies.BadRequest(problem!);
        }

        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        return locks.TryTake(wanted) is { } there
            ? AlreadyLocked(there)
            : Replies.Ok(RowOf(wanted, ProcessTable.Take()), ApiJson.Readable.LockRow);
    }

    /// <summary>The directory, held for as long as the returned lease is: while a command runs.</summary>
    public async Task<HoldOutcome> Hold(LockOrder order, string command, bool force, DirectoryRule rule, CancellationToken cancellationToken)
    {
        if (RecordOf(order, command, out var problem) is not { } wanted)
        {
            return new HoldOutcome.NotHeld(Replies.BadRequest(problem!));
        }

        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        if (!force && admission.Rules(LaunchLimits.None, rule).Conflict(wanted.Directory, admission.Holders()) is { } conflict)
        {
            return new HoldOutcome.NotHeld(Replies.Refused("/problems/directory-in-use", conflict.Message));
        }

        var (lease, there) = locks.TryHold(wanted);
        return lease is not null ? new HoldOutcome.Held(lease, wanted.Directory) : new HoldOutcome.NotHeld(AlreadyLocked(there!));
    }

    public async Task<ApiReply> Release(string directory, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(directory))
        {
            return Replies.BadRequest("'directory' is empty.");
        }

        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);

        // A directory that was removed meanwhile can be unlocked by the name it had.
        return locks.Release(RealPath.TryResolve(environment.FullPath(directory)) ?? environment.FullPath(directory)) is { } gone
            ? Replies.Ok(RowOf(gone, ProcessTable.Take()), ApiJson.Readable.LockRow)
            : Replies.Problem(new ProblemDocument("/problems/no-lock", "No lock", 404, $"No manual lock on {directory}. See what is held: agentctl locks"));
    }

    private static ApiReply AlreadyLocked(DirectoryLockRecord there) => Replies.Refused(
        "/problems/directory-locked",
        $"Already manually locked by {there.By}: {there.Directory}{(there.Reason is { } reason ? $" ({reason})" : "")}. To give it back: agentctl unlock {there.Directory}");

    private DirectoryLockRecord? RecordOf(LockOrder order, string? command, out string? problem)
    {
        problem = string.IsNullOrEmpty(order.Directory) ? "'directory' is empty." : null;
        if (problem is not null)
        {
            return null;
        }

        var processes = ProcessTable.Take();
        if (RealPath.TryResolve(environment.FullPath(order.Directory)) is not { } real || !Directory.Exists(real))
        {
            problem = $"There is no directory {order.Directory}.";
            return null;
        }

        TimeSpan? lifetime = null;
        if (order.TtlSeconds is { } ttl && ((lifetime = Lifetime.TryFromSeconds(ttl)) is null || lifetime == TimeSpan.Zero))
        {
            problem = $"The lifetime of a lock must be {Lifetime.Range}, and more than 0.";
            return null;
        }

        var taker = order.TakerPid is { } pid ? processes.Find(pid) : null;
        var now = time.GetUtcNow();
        return new DirectoryLockRecord(
            real,
            order.By ?? environment["USER"] ?? environment["LOGNAME"] ?? $"user {processes.UserId}",
            now,
            processes.BootId,
            order.Reason,
            now + lifetime,
            taker?.Pid ?? 0,
            taker?.StartTicks ?? 0,
            command,
            order.Id);
    }

    private static LockRow RowOf(DirectoryLockRecord held, IProcessTable processes) => new(
        held.Directory,
        held.Command is null ? "manual" : "command",
        held.TakerPid > 0 ? held.TakerPid : null,
        SessionId: null,
        LaunchId: null,
        Adapter: null,
        held.By,
        held.Command is { } command ? $"`{command}`{(held.Reason is { } why ? $": {why}" : "")}" : held.Reason,
        held.LockedAt,
        held.ExpiresAt,
        held.Command is not null || DirectoryLocks.TakerLives(held, processes));
}

/// <summary>Whether a directory is held for a command.</summary>
public abstract record HoldOutcome
{
    private HoldOutcome()
    {
    }

    /// <param name="Lease">Dispose it when the command has ended; it may be passed to the command, which then holds it too.</param>
    public sealed record Held(Lease Lease, string Directory) : HoldOutcome;

    public sealed record NotHeld(ApiReply Problem) : HoldOutcome;
}
