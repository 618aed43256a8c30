using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>
/// The launches that wait for their turn. Each waits in its own shim, which has the environment of who launched it; a file in its
/// directory holds it back, and whoever takes that away (a daemon, under the admission lock) has let it go, for good and once,
/// whatever becomes of him in the next moment.
/// </summary>
public sealed class QueuedLaunches(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, LaunchSettings settings)
{
    /// <summary>Lets everyone go whose turn has come. Cheap when nobody waits.</summary>
    public async Task Round(IReadOnlyList<Launch> living, CancellationToken cancellationToken)
    {
        if (!living.Any(static launch => launch.IsQueued))
        {
            return;
        }

        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        var now = admission.Living();
        var queued = InOrder(now);
        var standings = Decide(queued, now, admission.Rules(settings.Limits, settings.DirectoryRule));
        for (var i = 0; i < queued.Count; i++)
        {
            if (standings[i] is QueueStanding.Go)
            {
                File.Delete(PathOf(queued[i].Id));
                DurableFile.SyncDirectory(store.Places.Of(queued[i].Id));
            }
        }
    }

    /// <summary>Everyone who waits, in order, with what for.</summary>
    public IReadOnlyList<(Launch Launch, QueueStanding Standing)> Look(IReadOnlyList<Launch> living)
    {
        var queued = InOrder(living);
        return queued.Count == 0 ? [] : [.. queued.Zip(Decide(queued, living, new AdmissionRules(settings.Limits, settings.DirectoryRule, locks.Held([]))))];
    }

    /// <summary>What a launch that is not in the queue yet would wait for as its last. The caller holds the admission lock.</summary>
    internal QueueStanding Standing(LaunchRecord wanted, bool force, IReadOnlyList<Launch> living, AdmissionRules rules)
    {
        var last = new Launch { Record = wanted, Standing = LaunchStanding.Held, Queued = new QueuedRecord(long.MaxValue, wanted.LaunchedAt, force) };
        return Decide([.. InOrder(living), last], living, rules)[^1];
    }

    /// <summary>The position after all that wait.</summary>
    internal static long Next(IReadOnlyList<Launch> living) => (InOrder(living) is [.., var last] ? last.Queued!.Position : 0) + 1;

    /// <summary>Puts a launch at a place of the queue, counted from 1.</summary>
    /// <returns>False when it does not wait any more.</returns>
    public async Task<bool> Move(string launchId, int place, CancellationToken cancellationToken)
    {
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        var queued = InOrder(admission.Living()).ToList();
        if (queued.Find(launch => launch.Id == launchId) is not { } moved)
        {
            return false;
        }

        queued.Remove(moved);
        queued.Insert(Math.Clamp(place - 1, 0, queued.Count), moved);
        for (var i = 0; i < queued.Count; i++)
        {
            if (queued[i].Queued!.Position != i + 1)
            {
                Write(queued[i].Id, queued[i].Queued! with { Position = i + 1 });
            }
        }

        return true;
    }

    /// <summary>Lets a launch try although its kind of agent failed at once.</summary>
    /// <returns>False when it does not wait any more.</returns>
    public async Task<bool> Release(string launchId, CancellationToken cancellationToken)
    {
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        if (admission.Living().FirstOrDefault(launch => launch.Id == launchId) is not { IsQueued: true } launch)
        {
            return false;
        }

        Write(launchId, launch.Queued! with { Released = true });
        return true;
    }

    internal void Write(string launchId, QueuedRecord record) =>
        LaunchFolder.Write(store.Places.Of(launchId), LaunchFiles.Queued, record, LaunchJson.Default.QueuedRecord);

    private IReadOnlyList<QueueStanding> Decide(IReadOnlyList<Launch> queued, IReadOnlyList<Launch> living, AdmissionRules rules)
    {
        // Of what ended only when somebody waits: its cost grows with a week's launches.
        IReadOnlyList<Launch>? all = null;
        var brakes = new Dictionary<string, string?>(StringComparer.Ordinal);
        return QueueRules.Decide(queued, [.. living.Where(static launch => launch.IsHeld)], rules, adapter =>
            brakes.TryGetValue(adapter, out var known) ? known : brakes[adapter] = QueueBrake.On(adapter, all ??= store.All([])));
    }

    private static IReadOnlyList<Launch> InOrder(IReadOnlyList<Launch> living) =>
        [.. living.Where(static launch => launch.IsQueued).OrderBy(static launch => launch.Queued!.Position).ThenBy(static launch => launch.Id, StringComparer.Ordinal)];

    private string PathOf(string launchId) => Path.Combine(store.Places.Of(launchId), LaunchFiles.Queued);
}
