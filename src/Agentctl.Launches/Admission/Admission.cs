using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// Decides who may run. Everything between counting and the new launch's own lease happens under one kernel lock per home, so two
/// that race cannot both be admitted, whichever processes they are in.
/// </summary>
public sealed class Admission : IDisposable
{
    /// <summary>Deciding takes moments. Who holds the lock for longer is stopped by a signal, or stuck on a disk; many who decide one after another are not.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>From then on the user is told who is waited for.</summary>
    private static readonly TimeSpan Unannounced = TimeSpan.FromSeconds(1.5);

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
    /// <exception cref="IOException">The lock's file cannot be made or locked (read-only home, disk full), or nobody got a turn for so long.</exception>
    public static async Task<Admission> Enter(
        LaunchStore store, Undertaker undertaker, DirectoryLocks locks, Func<IProcessTable> processes, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        PrivateDirectory.Ensure(store.Places.Home);
        var path = store.Places.Admission;
        var limit = patience ?? Patience;
        using var giveUp = new CancellationTokenSource();
        var coming = Lease.Take(path, giveUp.Token);
        var isEntered = false;
        try
        {
            var isQuiet = store.Notice is not null && limit > Unannounced;
            var left = limit;
            for (var newestTurn = File.GetLastWriteTimeUtc(path); ;)
            {
                try
                {
                    var taken = await coming.WaitAsync(isQuiet ? Unannounced : left, cancellationToken).ConfigureAwait(false);
                    File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
                    var admission = new Admission(taken, store, undertaker, locks, processes());
                    isEntered = true;
                    return admission;
                }
                catch (TimeoutException) when (isQuiet)
                {
                    (isQuiet, left) = (false, limit - Unannounced);
                    store.Notice!($"waiting for the lock on {path}, held by {WhoHolds(path, processes()).TrimEnd(',')}");
                }
                catch (TimeoutException late) when (File.GetLastWriteTimeUtc(path) == newestTurn)
                {
                    throw new IOException($"nothing can be launched, locked or queued: {WhoHolds(path, processes())} has held the lock on {path} for {limit.TotalSeconds:0} s", late);
                }
                catch (TimeoutException)
                {
                    // Others had theirs meanwhile: it is a long line that moves.
                    (newestTurn, left) = (File.GetLastWriteTimeUtc(path), limit);
                }
            }
        }
        finally
        {
            if (!isEntered)
            {
                await giveUp.CancelAsync().ConfigureAwait(false);
                _ = coming.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Who it is that decides for so long: a command that is stopped or stuck, or an agent that took the lock itself.</summary>
    private static string WhoHolds(string path, IProcessTable processes) =>
        HolderOf(path, processes) is { } holder ? Describe(holder) : "a process that cannot be seen from here";

    /// <summary>Who holds the lock, unless it is a process of that name; null when it is free.</summary>
    public static string? HolderBut(string name, string path, IProcessTable processes) =>
        HolderOf(path, processes) is { } holder && holder.Comm != name ? Describe(holder).TrimEnd(',') : null;

    private static ProcessEntry? HolderOf(string path, IProcessTable processes) => ProcessTrees.HolderOf(processes, RealPath.TryResolve(path) ?? path);

    private static string Describe(ProcessEntry holder)
    {
        var launch = holder.Environment?.GetValueOrDefault(ShimProtocol.Cookie);
        return $"pid {holder.Pid} ({holder.Comm})" + (LaunchId.IsOne(launch) ? $", which belongs to launch {launch} (to end it: agentctl stop {launch}),"
            : holder.State == 'T' ? ", which is stopped by a signal (to let it go on: kill -CONT " + holder.Pid + ")," : "");
    }

    /// <summary>Every launch that is not known to have ended; those that wait for their turn are among them.</summary>
    public IReadOnlyList<Launch> Living() => undertaker.ConfirmByShims(undertaker.Attend(store.LiveOrFail(), processes), processes);

    /// <summary>Every launch that holds something now, those among them that cannot be read (law L6).</summary>
    public IReadOnlyList<Launch> Holders() => [.. Living().Where(static launch => launch.IsHeld)];

    /// <summary>The rules as they are in this moment.</summary>
    public AdmissionRules Rules(LaunchLimits limits, DirectoryRule rule) => new(limits, rule, locks.Held([])) { UnreadableLocks = locks.Unreadable() };

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
