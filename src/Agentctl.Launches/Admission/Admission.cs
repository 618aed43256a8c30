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

    /// <summary>Every launch that is not known to have ended; those that wait for their turn are among them.</summary>
    public IReadOnlyList<Launch> Living() => undertaker.Attend(store.Live([]), processes);

    /// <summary>Every launch that holds something now. What cannot be read holds nothing that could be compared; list names it.</summary>
    public IReadOnlyList<Launch> Holders() => [.. Living().Where(static launch => launch.IsHeld)];

    /// <summary>The rules as they are in this moment.</summary>
    public AdmissionRules Rules(LaunchLimits limits, DirectoryRule rule) => new(limits, rule, locks.Held([]));

    /// <summary>The first of several launches that may not run beside all that holds something and those before it.</summary>
    public (int Index, Refusal Why)? FirstRefused(IReadOnlyList<(LaunchRecord Wanted, bool Force)> all, AdmissionRules rules)
    {
        var holders = Holders().ToList();
        for (var i = 0; i < all.Count; i++)
        {
            if (rules.Decide(all[i].Wanted, holders, all[i].Force, out _) is { } refusal)
            {
                return (i, refusal);
            }

            holders.Add(new Launch { Record = all[i].Wanted, Standing = LaunchStanding.Held });
        }

        return null;
    }

    public void Dispose() => turn.Dispose();
}
