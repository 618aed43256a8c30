using System.Collections.Concurrent;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;

namespace Agentctl.Adapters.OpenCode;

/// <summary>
/// All of OpenCode's databases: <c>opencode.db</c>, one beside it for each other release channel (<c>opencode-dev.db</c>), and the one that
/// OPENCODE_DB names. A session that is in several is told by the newest; a database that cannot be read costs its own sessions only.
/// </summary>
internal sealed class OpenCodeDatabases(string data, string? named, AgentEnvironment environment) : IOpenCodeRecords
{
    private readonly ConcurrentDictionary<string, OpenCodeDatabase> known = new(StringComparer.Ordinal);

    public string Place => Default.Place;

    public bool Exists => All.Any(static database => database.Exists);

    /// <summary>The one that this user's OpenCode writes to, whether it is there or not, then the others.</summary>
    public IReadOnlyList<OpenCodeDatabase> All => [Default, .. Others().Where(path => path != Default.Path).Order(StringComparer.Ordinal).Select(One)];

    private OpenCodeDatabase Default => One(named ?? Path.Combine(data, "opencode.db"));

    public static bool IsOne(string name) => name.StartsWith("opencode", StringComparison.Ordinal)
        && name.EndsWith(".db", StringComparison.Ordinal) && name["opencode".Length] is '.' or '-';

    /// <summary>A database or one of its side files.</summary>
    public static bool BelongsToOne(string name) => name.IndexOf(".db", StringComparison.Ordinal) is > 0 and var end && IsOne(name[..(end + ".db".Length)]);

    public IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken) =>
        All.SelectMany(database => database.ChangedSince(since, reading, left, problems, cancellationToken));

    public IEnumerable<RecordedSession> InDirectory(string directory, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        All.SelectMany(database => database.InDirectory(directory, since, problems, cancellationToken));

    public RecordedSession? Find(string id, ICollection<string> problems, CancellationToken cancellationToken) => Best(id, problems, cancellationToken)?.Record;

    public IReadOnlyList<string> Ids(CancellationToken cancellationToken) => [.. All.SelectMany(database => database.Ids(cancellationToken)).Distinct(StringComparer.Ordinal)];

    public IEnumerable<TranscriptEntry> NewestFirst(string session, CancellationToken cancellationToken) =>
        Of(session, cancellationToken)?.NewestFirst(session, cancellationToken) ?? [];

    public TokenUsage? Tokens(string session, CancellationToken cancellationToken) => Of(session, cancellationToken)?.Tokens(session, cancellationToken);

    public IEnumerable<ProcessEntry> Holders(IProcessTable processes) => All.SelectMany(database => database.Holders(processes)).DistinctBy(static process => process.Pid);

    /// <summary>The database of a session if OpenCode might open another one by default; otherwise null.</summary>
    public string? PathToName(string session, CancellationToken cancellationToken) =>
        Best(session, [], cancellationToken) is { Database.Path: var path } && (path != Default.Path || All.Any(other => other.Path != path && other.Exists)) ? path : null;

    private OpenCodeDatabase? Of(string session, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        return Best(session, problems, cancellationToken) is { Database: var database } ? database
            : problems.Count > 0 ? throw new CannotLookException(string.Join("; ", problems))
            : null;
    }

    private (OpenCodeDatabase Database, RecordedSession Record)? Best(string id, ICollection<string> problems, CancellationToken cancellationToken)
    {
        (OpenCodeDatabase Database, RecordedSession Record)? best = null;
        foreach (var database in All)
        {
            if (database.Find(id, problems, cancellationToken) is { } record && (best is null || record.IsBetterThan(best.Value.Record)))
            {
                best = (database, record);
            }
        }

        return best;
    }

    private IEnumerable<string> Others()
    {
        try
        {
            return Directory.Exists(data) ? Directory.GetFiles(data, "opencode*.db").Where(static path => IsOne(Path.GetFileName(path))) : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // The default database lies in the same folder: reading it reports the failure.
            return [];
        }
    }

    private OpenCodeDatabase One(string path) => known.GetOrAdd(path, static (path, environment) => new OpenCodeDatabase(path, environment), environment);
}
