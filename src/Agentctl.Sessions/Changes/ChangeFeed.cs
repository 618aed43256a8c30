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
    ChangeSignal signal, Func<CancellationToken, Task<FeedLook>> look, Func<string, CancellationToken, Task<SessionRow?>> find, TimeProvider time) : IAsyncDisposable
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
    private Task? pump;
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

            await UnlessPumpFails(next, cancellationToken).ConfigureAwait(false);
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

            await UnlessPumpFails(more, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await disposing.CancelAsync().ConfigureAwait(false);
        if (pump is { } running)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        disposing.Dispose();
    }

    /// <summary>The first reader waits for the first look: a snapshot of nothing would be a lie.</summary>
    private async Task Begin(CancellationToken cancellationToken)
    {
        Task first;
        lock (gate)
        {
            // One whose first look failed told that to its readers; the next reader tries again.
            pump = pump is null or { IsFaulted: true } ? Task.Run(() => Pump(disposing.Token), CancellationToken.None) : pump;
            first = now is null ? published.Task : Task.CompletedTask;
        }

        await UnlessPumpFails(first, cancellationToken).ConfigureAwait(false);
    }

    private async Task UnlessPumpFails(Task awaited, CancellationToken cancellationToken)
    {
        var ended = await Task.WhenAny(awaited, pump!).WaitAsync(cancellationToken).ConfigureAwait(false);
        await ended.ConfigureAwait(false);
    }

    private async Task Pump(CancellationToken cancellationToken)
    {
        using var doorbell = signal.Subscribe();
        while (true)
        {
            var rang = now is null || await doorbell.Wait(now is { Sessions.Count: 0, Locks.Count: 0 } ? SweepOfNothing : Sweep, time, cancellationToken).ConfigureAwait(false);
            FeedLook seen;
            try
            {
                seen = await look(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception refusal) when (now is not null && refusal is CannotLookException or IOException or UnauthorizedAccessException)
            {
                // Nothing can be concluded; the next ring or the sweep looks again. Who follows sees for itself that one cannot look.
                HasLooked();
                continue;
            }

            var changes = await Differences(now, seen, cancellationToken).ConfigureAwait(false);
            if (!rang)
            {
                Interlocked.Add(ref sweepCatches, changes.Count(static change => change.Type != "session.changed"));
            }

            Publish(seen, changes);
            HasLooked();
            await Task.Delay(Rest, time, cancellationToken).ConfigureAwait(false);
        }
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

    private async Task<List<EventDocument>> Differences(FeedLook? before, FeedLook after, CancellationToken cancellationToken)
    {
        var changes = new List<EventDocument>();
        if (before is null)
        {
            return changes;
        }

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

        foreach (var (name, was) in before.Sessions)
        {
            if (!after.Sessions.ContainsKey(name) && !after.Sessions.Values.Any(row => row.Aliases?.Contains(was.Id) == true))
            {
                changes.Add(await find(name, cancellationToken).ConfigureAwait(false) is { } row
                    ? Of("session.stopped", row, was.Status)
                    : Of("session.gone", was, was.Status) with { Session = null });
            }
        }

        // What began and ended between two looks was never among the living, and has happened all the same.
        foreach (var id in after.LaunchIds.Except(before.LaunchIds))
        {
            if (!after.Sessions.Values.Any(row => IsOfLaunch(row, id)) && !before.Sessions.Values.Any(row => IsOfLaunch(row, id))
                && await find(id, cancellationToken).ConfigureAwait(false) is { Alive: false } row)
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
        return changes;
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
