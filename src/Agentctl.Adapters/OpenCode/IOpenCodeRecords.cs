using Agentctl.Adapters.Recorded;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenCode;

/// <summary>Where OpenCode keeps its conversations: a database, and before version 1.2 a tree of files.</summary>
internal interface IOpenCodeRecords
{
    /// <summary>For people.</summary>
    string Place { get; }

    /// <summary>All that changed since, the newest first.</summary>
    /// <param name="left">Called for one that there was no time to read.</param>
    IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken);

    IEnumerable<RecordedSession> InDirectory(string directory, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken);

    RecordedSession? Find(string id, ICollection<string> problems, CancellationToken cancellationToken);

    IReadOnlyList<string> Ids(CancellationToken cancellationToken);

    /// <summary>Entries of one conversation, newest first.</summary>
    IEnumerable<TranscriptEntry> NewestFirst(string session, CancellationToken cancellationToken);

    /// <summary>What one conversation used so far; null when it does not say.</summary>
    TokenUsage? Tokens(string session, CancellationToken cancellationToken);

    /// <summary>Processes that have it open.</summary>
    IEnumerable<ProcessEntry> Holders(IProcessTable processes);
}
