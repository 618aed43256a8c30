using System.Runtime.CompilerServices;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What the feed compares: the sessions of this moment, the locks, how full the slots are, and the launches that have a record.</summary>
internal sealed record FeedLook(
    IReadOnlyDictionary<string, SessionRow> Sessions, IReadOnlyList<LockRow> Locks, IReadOnlyList<SlotCount> Slots, IReadOnlyList<string> LaunchIds);

/// <summary>
/// The one feed of changes of this process, in memory: everything that waits or follows reads it and nothing else. It looks when the
/// kernel or an adapter says that something may have changed, compares, and numbers what has. It looks once in 30 seconds anyway
/// (in five minutes where nothing lives and nothing is held), and counts what only that caught. It begins with its first reader. Thread-safe.
/// </summary>
internal sealed class ChangeFeed(
    ChangeSignal signal, Func<CancellationToken, Task<FeedLook>> look, Func<string, CancellationToken, Task<SessionRow?>> find, BackgroundLoops loops, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long the events are trusted before it looks anyway.</summary>
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(30);

    /// <summary>The same where nothing lives: what can be missed is a beginning, and each agent announces those by a file.</summary>
    private static readonly TimeSpan SweepOfNothing = TimeSpan.FromMinutes(5);

    /// <summary>A burst of changes is one look.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    /// <summary>Who is further behind gets a snapshot.</summary>
    private const int Kept = 4096;

    private readonly Lock gate = new();
    private readonly Queue<(long Seq, EventDocument Event)> events = new(Kept);
    private readonly CancellationTokenSource disposing = new();
    private readonly string instance = Guid.NewGuid().ToString("n")[..8];
    private TaskCompletionSource published = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? first;
    private BackgroundLoop? pump;
    private ChangeSignal.Doorbell? doorbell;
    private FeedLook? now;
    private long looks;
    private long seq;
    private long sweepCatches;

    /// <summary>Changes that nothing had announced: found by the sweep alone.</summary>
    public long SweepCatches => Interlocked.Read(ref sweepCatches);

    /// <summary>Where the feed is.</summary>
    public string Cursor
    {
        get
        {
            lock (gate)
            {
                return CursorOf(seq);
            }
        }
    }

    /// <summary>How often the feed has looked. Who follows something that is no event (the text of a conversation, the age of a row) reads it before looking.</summary>
    public long Looks => Interlocked.Read(ref looks);

    /// <summary>Waits until the feed has looked once more than <paramref name="seen"/> times: something was announced, or the sweep came by.</summary>
    /// <returns>How often it has looked now.</returns>
    public async Task<long> LooksBeyond(long seen, CancellationToken cancellationToken)
    {
        await Begin(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (looks > seen)
                {
                    return looks;
                }

                next = looked.Task;
            }

            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Events after a cursor; without one, or when it is lost, a snapshot first. Does not end by itself.</summary>
    public async IAsyncEnumerable<EventDocument> Read(string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Begin(cancellationToken).ConfigureAwait(false);
        long? at = SeqIn(after);
        while (true)
        {
            IReadOnlyList<EventDocument> next;
            Task more;
            lock (gate)
            {
                var oldest = events.Count > 0 ? events.Peek().Seq : seq + 1;
                next = at is { } from && from <= seq && from >= oldest - 1
                    ? [.. events.Where(entry => entry.Seq > from).Select(static entry => entry.Event)]
                    : [Snapshot()];
                at = seq;
                more = published.Task;
            }

            foreach (var change in next)
            {
                yield return change;
            }

            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await disposing.CancelAsync().ConfigureAwait(false);
        if (first is { } looking)
        {
            await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (pump is { } running)
        {
            await running.DisposeAsync().ConfigureAwait(false);
        }

        doorbell?.Dispose();

        disposing.Dispose();
    }

    /// <summary>The first reader waits for the first look: a snapshot of nothing would be a lie.</summary>
    private async Task Begin(CancellationToken cancellationToken)
    {
        Task looking;
        lock (gate)
        {
            // A first look that failed told its readers; the next reader tries again.
            first = first is null or { IsFaulted: true } ? Task.Run(() => LookFirst(disposing.Token), CancellationToken.None) : first;
            looking = first;
        }

        await looking.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task LookFirst(CancellationToken cancellationToken)
    {
        // Before the look: what is announced during it is looked at again.
        doorbell ??= signal.Subscribe();
        Publish(await look(cancellationToken).ConfigureAwait(false), []);
        HasLooked();
        pump = loops.Start("changes", (self, token) => Pump(self, doorbell, token));
    }

    private async Task Pump(BackgroundLoop self, ChangeSignal.Doorbell doorbell, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Rest, time, cancellationToken).ConfigureAwait(false);
            var rang = await doorbell.Wait(now is { Sessions.Count: 0, Locks.Count: 0 } ? SweepOfNothing : Sweep, time, cancellationToken).ConfigureAwait(false);
            try
            {
                await self.Try("look for changes", token => LookAgain(rang, token), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Also when nothing can be concluded: a follower finds out for itself that looking fails.
                HasLooked();
            }
        }
    }

    private async Task LookAgain(bool rang, CancellationToken cancellationToken)
    {
        FeedLook seen;
        try
        {
            seen = await look(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refusal) when (refusal is CannotLookException or IOException or UnauthorizedAccessException)
        {
            // Nothing can be concluded; the next ring or the sweep looks again.
            return;
        }

        var (changes, known) = await Differences(now!, seen, cancellationToken).ConfigureAwait(false);
        if (!rang)
        {
            Interlocked.Add(ref sweepCatches, changes.Count(static change => change.Type != "session.changed"));
        }

        Publish(known, changes);
    }

    private void HasLooked()
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            looks++;
            wake = looked;
            looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        wake.SetResult();
    }

    private void Publish(FeedLook seen, List<EventDocument> changes)
    {
        TaskCompletionSource? wake = null;
        lock (gate)
        {
            var isFirst = now is null;
            now = seen;
            foreach (var change in changes)
            {
                seq++;
                if (events.Count == Kept)
                {
                    events.Dequeue();
                }

                events.Enqueue((seq, change with { Cursor = CursorOf(seq) }));
            }

            if (changes.Count > 0 || isFirst)
            {
                wake = published;
                published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        wake?.SetResult();
    }

    /// <returns>The changes; and what is known now: a session whose end could not be looked up is kept, and looked up again next time.</returns>
    private async Task<(List<EventDocument> Changes, FeedLook Known)> Differences(FeedLook before, FeedLook after, CancellationToken cancellationToken)
    {
        var changes = new List<EventDocument>();
        foreach (var (name, row) in after.Sessions)
        {
            if (!before.Sessions.TryGetValue(name, out var was) && (was = Renamed(before, row)) is null)
            {
                changes.Add(Of("session.started", row, null));
            }
            else if (!IsSame(was, row))
            {
                changes.Add(Of("session.changed", row, was.Status));
            }
        }

        var unclear = new Dictionary<string, SessionRow>(StringComparer.Ordinal);
        foreach (var (name, was) in before.Sessions)
        {
            if (!after.Sessions.ContainsKey(name) && !after.Sessions.Values.Any(row => row.Aliases?.Contains(was.Id) == true))
            {
                switch (await Find(name, cancellationToken).ConfigureAwait(false))
                {
                    case (false, _):
                        unclear[name] = was;
                        break;
                    case (true, { } row):
                        changes.Add(Of("session.stopped", row, was.Status));
                        break;
                    default:
                        changes.Add(Of("session.gone", was, was.Status) with { Session = null });
                        break;
                }
            }
        }

        // What began and ended between two looks was never among the living, and has happened all the same.
        var launchIds = after.LaunchIds.ToList();
        foreach (var id in after.LaunchIds.Except(before.LaunchIds))
        {
            if (after.Sessions.Values.Any(row => IsOfLaunch(row, id)) || before.Sessions.Values.Any(row => IsOfLaunch(row, id)))
            {
                continue;
            }

            var (isClear, row) = await Find(id, cancellationToken).ConfigureAwait(false);
            if (!isClear)
            {
                launchIds.Remove(id);
            }
            else if (row is { Alive: false })
            {
                changes.Add(Of("session.started", row, null));
                changes.Add(Of("session.stopped", row, null));
            }
        }

        var locksBefore = before.Locks.ToDictionary(static held => (held.Directory, held.Type, held.LaunchId));
        var locksAfter = after.Locks.ToDictionary(static held => (held.Directory, held.Type, held.LaunchId));
        changes.AddRange(locksAfter.Where(held => !locksBefore.ContainsKey(held.Key)).Select(held => New("lock.taken") with { Lock = held.Value }));
        changes.AddRange(locksBefore.Where(held => !locksAfter.ContainsKey(held.Key)).Select(held => New("lock.released") with { Lock = held.Value }));
        changes.AddRange(after.Slots.Except(before.Slots).Select(slots => New("slots.changed") with { Slots = slots }));
        return (changes, unclear.Count == 0 && launchIds.Count == after.LaunchIds.Count
            ? after
            : after with { Sessions = after.Sessions.Concat(unclear).ToDictionary(StringComparer.Ordinal), LaunchIds = launchIds });
    }

    /// <summary>False when one session could not be looked up: that fails alone.</summary>
    private async Task<(bool IsClear, SessionRow? Row)> Find(string reference, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await find(reference, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (!(failure is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            return (false, null);
        }
    }

    /// <summary>An agent that told its id has another name now, and is the same session.</summary>
    private static SessionRow? Renamed(FeedLook before, SessionRow row) =>
        row.Aliases is { } aliases ? aliases.Select(alias => before.Sessions.GetValueOrDefault($"{row.Adapter}/{alias}")).FirstOrDefault(static was => was is not null) : null;

    private static bool IsOfLaunch(SessionRow row, string launchId) => row.Meta.GetValueOrDefault("launch") == launchId;

    /// <summary>A conversation that merely went on has not changed: its age and its tokens are for who looks.</summary>
    private static bool IsSame(SessionRow one, SessionRow other) =>
        (one.Id, one.Status, one.Reason, one.Alive, one.Pid, one.Owner, one.Group, one.Model, one.Cwd)
        == (other.Id, other.Status, other.Reason, other.Alive, other.Pid, other.Owner, other.Group, other.Model, other.Cwd);

    private EventDocument Of(string type, SessionRow row, string? from) =>
        New(type) with { Adapter = row.Adapter, SessionId = row.Id, From = from, Session = row };

    private EventDocument New(string type) => new("", type, time.GetUtcNow());

    private EventDocument Snapshot() => new(CursorOf(seq), "snapshot", time.GetUtcNow(), Sessions: [.. now!.Sessions.Values]);

    private string CursorOf(long number) => $"{instance}.{number}";

    /// <summary>Null for a cursor of another instance, or none at all.</summary>
    private long? SeqIn(string? cursor) =>
        cursor?.Split('.') is [var of, var number] && of == instance && long.TryParse(number, out var known) ? known : null;
}
