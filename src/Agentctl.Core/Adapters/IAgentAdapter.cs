namespace Agentctl.Core;

/// <summary>
/// Our code for one agent kind: where it looks, how it reads. Adapters own session truth (law L1), do not know each other,
/// never write outside agentctl's own home and never take a lock on a foreign file.
/// Instances are long-lived and thread-safe; they may cache what they parsed by (path, inode, size, mtime) only.
/// </summary>
public interface IAgentAdapter
{
    /// <summary>Kebab-case id: <c>claude-code</c>.</summary>
    string Id { get; }

    /// <summary>It reads what the agent writes about its turns; an adapter that only launches does not.</summary>
    bool TellsTurns => true;

    /// <summary>It reads conversations; of an adapter that does not, what the agent printed is all there is.</summary>
    bool TellsTranscripts => TellsTurns;

    /// <summary>
    /// Looks. An agent that is not installed is "looked, found nothing". Single records that cannot be read are named in
    /// <see cref="AdapterAnswer.Problems"/> and skipped.
    /// </summary>
    /// <exception cref="CannotLookException">It could not look at all; law L5 applies.</exception>
    Task<AdapterAnswer> Discover(DiscoveryContext context, CancellationToken cancellationToken);

    /// <summary>Every id and alias that exists here, from names alone (no file is opened), for prefixes.</summary>
    /// <exception cref="CannotLookException">It could not look at all.</exception>
    Task<IReadOnlyCollection<SessionName>> Names(CancellationToken cancellationToken);

    /// <summary>One session by its full id or alias, at a cost that does not grow with how many exist; null when there is none.</summary>
    /// <exception cref="CannotLookException">It could not look at all.</exception>
    Task<Sighting?> Find(string id, DiscoveryContext context, CancellationToken cancellationToken);

    /// <summary>Entries of one conversation, oldest first. Reads from the tail; never a whole file for its last entries.</summary>
    /// <exception cref="CannotLookException">It could not look at all.</exception>
    IAsyncEnumerable<TranscriptEntry> ReadTranscript(string id, TranscriptRange range, CancellationToken cancellationToken);

    /// <summary>Exact usage of one session from its whole record (slow); null where the agent writes none.</summary>
    /// <exception cref="CannotLookException">It could not look at all.</exception>
    Task<TokenUsage?> CountTokens(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Begins to push: <paramref name="changed"/> is called, on any thread and possibly too often, whenever something a row or a
    /// transcript is made of may have changed. Dispose to end. From then on Discover re-reads only what changed.
    /// </summary>
    IDisposable Watch(Action changed);

    /// <summary>For doctor: why a daemon is not told of changes here (no inotify watches left, a network file system) and reads everything every time; null = it is told.</summary>
    string? WhyNotTold() => null;

    /// <summary>Where it looks and what is wrong there, for doctor. Never throws for the state of the world.</summary>
    Task<Diagnosis> Diagnose(CancellationToken cancellationToken);
}
