using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Decides who may run. Everything between counting and the new launch's own lease happens under one kernel lock per home, so two
/// that race cannot both be admitted, whichever processes they are in.
/// </summary>
public sealed class Admission : IDisposable
{
    /// <summary>Deciding takes moments. Who holds the lock for longer is stopped by a signal, or stuck on a disk.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lease turn;
    private readonly LaunchStore store;
    private readonly Undertaker undertaker;
    private readonly DirectoryLocks locks;
    private readonly IProcessTable processes;

    private Admission(Lease turn, LaunchStore store, Undertaker undertaker, DirectoryLocks locks, IProcessTable processes)
    {
        this.turn = turn;
        this.store = store;
        this.undertaker = undertaker;
        this.locks = locks;
        this.processes = processes;
    }

    /// <summary>Waits for its turn; dispose to let the next one decide.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before its turn came.</exception>
    /// <exception cref="IOException">The lock's file cannot be made or locked (read-only home, disk full), or its turn does not come.</exception>
    public static async Task<Admission> Enter(
        LaunchStore store, Undertaker undertaker, DirectoryLocks locks, Func<IProcessTable> processes, CancellationToken cancellationToken)
    {
        PrivateDirectory.Ensure(store.Places.Home);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var taken = await Lease.Take(store.Places.Admission, deadline.Token).ConfigureAwait(false);
            return new Admission(taken, store, undertaker, locks, processes());
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"another command has been deciding who may run for {Patience.TotalSeconds:0} s: it is stopped or stuck; it holds a lock on {store.Places.Admission} (see who: fuser, or lsof)", late);
        }
    }

    /// <summary>Every launch that holds something now.</summary>
    public IReadOnlyList<Launch> Holders()
    {
        // What cannot be read holds nothing that could be compared; list names it.
        var launches = undertaker.Attend(store.Live([]), processes);
        return [.. launches.Where(static launch => launch.IsHeld)];
    }

    /// <summary>Null when a launch with this record may run.</summary>
    /// <param name="force">Do not mind the directory. Slots, and who goes on with a session, cannot be forced.</param>
    /// <param name="overridden">What <paramref name="force"/> overrode.</param>
    public Refusal? Decide(LaunchRecord wanted, LaunchLimits limits, DirectoryRule rule, bool force, out Refusal? overridden) =>
        Decide(wanted, Holders(), limits, rule, force, out overridden);

    /// <summary>The first of several launches that may not run beside all that holds something and those before it.</summary>
    public (int Index, Refusal Why)? FirstRefused(IReadOnlyList<(LaunchRecord Wanted, bool Force)> all, LaunchLimits limits, DirectoryRule rule)
    {
        var holders = Holders().ToList();
        for (var i = 0; i < all.Count; i++)
        {
            if (Decide(all[i].Wanted, holders, limits, rule, all[i].Force, out _) is { } refusal)
            {
                return (i, refusal);
            }

            holders.Add(new Launch { Record = all[i].Wanted, Standing = LaunchStanding.Held });
        }

        return null;
    }

    private Refusal? Decide(LaunchRecord wanted, IReadOnlyList<Launch> holders, LaunchLimits limits, DirectoryRule rule, bool force, out Refusal? overridden)
    {
        overridden = null;
        if (wanted.SessionId is { } session && holders.FirstOrDefault(holder => holder.Record.Adapter == wanted.Adapter && holder.SessionId == session) is { } owner)
        {
            return new Refusal.SessionGoesOn(owner);
        }

        foreach (var scope in limits.ScopesOf(wanted.Adapter, wanted.Group))
        {
            var counted = holders.Where(holder => scope.Counts(holder.Record)).ToList();
            if (counted.Count >= scope.Limit)
            {
                return new Refusal.NoSlot(scope, counted);
            }
        }

        var conflict = Conflict(wanted.Cwd!, holders, rule);
        overridden = force ? conflict : null;
        return force ? null : conflict;
    }

    /// <summary>Who holds a directory, if anybody.</summary>
    public Refusal? Conflict(string directory, IReadOnlyList<Launch> holders, DirectoryRule rule)
    {
        if (locks.Held([]).FirstOrDefault(held => rule.Conflicts(held.Directory, directory)) is { } locked)
        {
            return new Refusal.DirectoryLocked(directory, locked);
        }

        return holders.FirstOrDefault(holder => holder.Record.Cwd is { } cwd && rule.Conflicts(cwd, directory)) is { } holder
            ? new Refusal.DirectoryInUse(directory, holder)
            : null;
    }

    public void Dispose() => turn.Dispose();
}
