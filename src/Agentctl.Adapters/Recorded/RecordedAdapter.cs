using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>
/// An adapter for agents of whose conversations only a record is left (<see cref="RecordedFacts"/>). Where records are and how they read
/// is each agent's own. What agentctl launched is known by its lease all the same.
/// </summary>
public abstract class RecordedAdapter : IAgentAdapter, IAgentLauncher, IDisposable
{
    private readonly ConcurrentDictionary<string, (RecordedSession Record, Evidence? Holder, Sighting Sighting)> known = new(StringComparer.Ordinal);

    private protected RecordedAdapter(AgentEnvironment environment) => Environment = environment;

    public abstract string Id { get; }

    /// <summary>Its record may lag a whole turn behind: what agentctl runs without a terminal works until it ends.</summary>
    public bool TellsTurns => false;

    public bool TellsTranscripts => true;

    /// <inheritdoc/>
    public abstract IReadOnlyList<string> PermissionModes { get; }

    private protected AgentEnvironment Environment { get; }

    /// <summary>The agent's name in sentences.</summary>
    private protected abstract string Agent { get; }

    /// <summary>Every record changed since, the newest first.</summary>
    /// <param name="left">Called for one that there was no time to read.</param>
    private protected abstract IEnumerable<RecordedSession> ChangedSince(
        DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken);

    /// <summary>Records of conversations in one directory that changed since: cost follows what lives, not what ever existed.</summary>
    private protected abstract IEnumerable<RecordedSession> InDirectory(string cwd, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken);

    private protected abstract RecordedSession? Read(string id, ICollection<string> problems, CancellationToken cancellationToken);

    private protected abstract IEnumerable<string> Ids(CancellationToken cancellationToken);

    /// <summary>Entries of one conversation, newest first.</summary>
    private protected abstract IEnumerable<TranscriptEntry> NewestFirst(string id, CancellationToken cancellationToken);

    /// <summary>What a conversation used so far; null when its record does not say.</summary>
    private protected abstract TokenUsage? Tokens(string id, CancellationToken cancellationToken);

    /// <summary>Processes that may be this agent. It only makes a state unknown, never known.</summary>
    private protected abstract IEnumerable<ProcessEntry> ThoseThatMayBe(IProcessTable processes);

    /// <summary>
    /// What an owner of the agent's own kind (a server) tells: the sessions it works on, with its word for it. Owners that answered are
    /// taken out of the candidates, for what they do not name they do not work on.
    /// </summary>
    private protected virtual IReadOnlyDictionary<string, Evidence> Owned(List<ProcessEntry> candidates, ICollection<string> notes) => NothingOwned;

    /// <summary>Who owns those.</summary>
    private protected virtual Owner OwnerOfOwned => Owner.Unknown;

    private static readonly IReadOnlyDictionary<string, Evidence> NothingOwned = new Dictionary<string, Evidence>();

    public Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken) => Task.Run(() => Look(context, cancellationToken), cancellationToken);

    public Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken) => Task.Run(
        IReadOnlyCollection<SessionName> () => [.. Ids(cancellationToken).Distinct(StringComparer.Ordinal).Select(static id => new SessionName(id, id))], cancellationToken);

    public Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var problems = new List<string>();
            var found = Read(id, problems, cancellationToken);
            var candidates = found is null ? [] : ThoseInADirectory(context.Processes);
            return found is not null ? Sight(found, Owned(candidates, []), new Candidates(candidates))
                : problems.Count > 0 ? throw new CannotLookException(string.Join("; ", problems))
                : null;
        },
        cancellationToken);

    public async IAsyncEnumerable<TranscriptEntry> ReadTranscript(string id, TranscriptRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wanted = await Answer(
            () => NewestFirst(id, cancellationToken)
                .TakeWhile(entry => range.After is not { } after || entry.Cursor > after)
                .Where(entry => range.Role is null || entry.Role == range.Role)
                .Take(range.Last ?? int.MaxValue).ToList(),
            cancellationToken).ConfigureAwait(false);
        for (var i = wanted.Count - 1; i >= 0; i--)
        {
            yield return wanted[i];
        }
    }

    public Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken) => Answer(() => Tokens(id, cancellationToken), cancellationToken);

    /// <exception cref="CannotLookException">The record of the session cannot be read.</exception>
    private static Task<T> Answer<T>(Func<T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                return read();
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                throw new CannotLookException(unreadable.Message, unreadable);
            }
        },
        cancellationToken);

    public abstract IDisposable Watch(Action changed);

    public abstract string? WhyNotTold();

    public abstract Task<Diagnosis> Diagnose(CancellationToken cancellationToken);

    public abstract PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment);

    public abstract PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment);

    public abstract string? SessionIdIn(ReadOnlySpan<byte> outputLine);

    public virtual string? ReasonIn(ReadOnlySpan<byte> outputLine) => null;

    public virtual string? Frame(string message) => null;

    public virtual string? InterruptFrame() => null;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private protected abstract void Dispose(bool disposing);

    private AdapterAnswer Look(DiscoveryContext context, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var notes = new List<string>();
        var candidates = ThoseInADirectory(context.Processes);
        var owned = Owned(candidates, notes);
        var others = new Candidates(candidates);
        var seen = new Dictionary<string, RecordedSession>(StringComparer.Ordinal);
        var unread = 0;
        var records = context.Reach == Reach.All ? ChangedSince(context.Since, context.Reading, () => unread++, problems, cancellationToken) : [];
        foreach (var one in records.Concat(OfTheLiving(candidates, problems, cancellationToken)).Concat(owned.Keys.Select(id => Read(id, problems, cancellationToken)).OfType<RecordedSession>()))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!seen.TryGetValue(one.Id, out var other) || one.IsBetterThan(other))
            {
                seen[one.Id] = one;
            }
        }

        if (context.Reach == Reach.All && known.Count > (2 * seen.Count) + 1000)
        {
            foreach (var id in known.Keys.Where(id => !seen.ContainsKey(id)))
            {
                known.TryRemove(id, out _);
            }
        }

        return new AdapterAnswer([.. seen.Values.Select(one => Sight(one, owned, others))], problems, notes) { Unread = unread };
    }

    /// <summary>A process that lives can only work on what has changed since it began.</summary>
    private IEnumerable<RecordedSession> OfTheLiving(IReadOnlyList<ProcessEntry> candidates, List<string> problems, CancellationToken cancellationToken) =>
        candidates.GroupBy(static process => process.WorkingDirectory!, StringComparer.Ordinal)
            .SelectMany(group => InDirectory(group.Key, group.Min(static process => process.StartedAt) - TimeSpan.FromSeconds(2), problems, cancellationToken));

    private List<ProcessEntry> ThoseInADirectory(IProcessTable processes) =>
        [.. ThoseThatMayBe(processes).Where(process => process.UserId == processes.UserId && process.WorkingDirectory is not null)];

    private Sighting Sight(RecordedSession record, IReadOnlyDictionary<string, Evidence> owned, Candidates candidates)
    {
        var owner = owned.GetValueOrDefault(record.Id);
        var facts = owner is null ? RecordedFacts.Of(record, candidates, Agent) : RecordedFacts.OfOwned(record, owner);
        if (known.TryGetValue(record.Id, out var last) && ReferenceEquals(last.Record, record) && last.Holder == facts.HolderEvidence
            && last.Sighting.Facts.NotKnown.SequenceEqual(facts.NotKnown))
        {
            return last.Sighting;
        }

        var sighting = new Sighting
        {
            Adapter = Id,
            Id = record.Id,
            Facts = facts,
            Owner = owner is null ? Owner.Unknown : OwnerOfOwned,
            StartedAt = record.StartedAt,
            StoppedAt = facts.Signal is Signal.Done or Signal.Aborted or Signal.Failed ? record.SignalAt : null,
            LastActivityAt = record.LastAt,
            Cwd = record.Cwd,
            Model = record.Model,
            Prompt = record.Prompt,
            Tokens = record.Tokens,
            Cost = record.Cost,
            Meta = record.Meta,
        };
        known[record.Id] = (record, facts.HolderEvidence, sighting);
        return sighting;
    }
}
