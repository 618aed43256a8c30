using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>
/// One database of OpenCode's: sessions, their messages, and the parts of those. Read only, never locked for long, row by row: a row that
/// cannot be read costs itself alone.
/// </summary>
internal sealed class OpenCodeDatabase(string path, AgentEnvironment environment) : IOpenCodeRecords
{
    private const int MostSessions = 100_000;

    private readonly Dictionary<string, (string Version, RecordedSession Record)> known = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public string Path => path;

    public string Place => environment.Tilde(path);

    public bool Exists => File.Exists(path);

    /// <summary>As long as neither the database nor its log changes, nothing is asked of it again.</summary>
    public IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken)
    {
        // Looked at before the reading: what is written meanwhile is then read again the next time.
        var (file, log) = (NativeFile.Stat(path), NativeFile.Stat(path + "-wal"));
        var answer = lastAnswer;
        if (file is null || answer is null || answer.File != file || answer.Log != log || since < answer.Since)
        {
            var (unread, found) = (0, new RowProblems(Place));
            var (read, isWhole) = Sessions("where time_updated >= cast(?1 as integer)", reading, () => unread++, found, cancellationToken, Milliseconds(since));
            answer = new Answer(file, log, since, read, found.Texts);
            lastAnswer = unread == 0 && isWhole ? answer : null;
            for (; unread > 0; unread--)
            {
                left();
            }
        }

        foreach (var problem in answer.Problems)
        {
            problems.Add(problem);
        }

        return answer.Sessions.Where(one => one.UpdatedAt >= since.ToUnixTimeMilliseconds()).Select(static one => one.Record);
    }

    public IEnumerable<RecordedSession> InDirectory(string directory, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        Matching("where directory = ?1 and time_updated >= cast(?2 as integer)", problems, cancellationToken, directory, Milliseconds(since));

    public RecordedSession? Find(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        Matching("where id = ?1", problems, cancellationToken, id) is [var found, ..] ? found : null;

    private List<RecordedSession> Matching(string where, ICollection<string> problems, CancellationToken cancellationToken, params string[] parameters)
    {
        var found = new RowProblems(Place);
        var (read, _) = Sessions(where, ReadingTime.Unlimited, static () => { }, found, cancellationToken, parameters);
        foreach (var problem in found.Texts)
        {
            problems.Add(problem);
        }

        return [.. read.Select(static one => one.Record)];
    }

    private sealed record Answer(FileEntry? File, FileEntry? Log, DateTimeOffset Since, IReadOnlyList<(long UpdatedAt, RecordedSession Record)> Sessions, IReadOnlyList<string> Problems);

    private volatile Answer? lastAnswer;

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    public IReadOnlyList<string> Ids(CancellationToken cancellationToken)
    {
        using var database = Open(out var problem, cancellationToken);
        return problem is not null ? throw new CannotLookException(problem)
            : database is null ? []
            : [.. database.Query("select id from session").Select(static row => row.Text(0)).OfType<string>().Take(MostSessions)];
    }

    /// <summary>The cursor is the part's place in time.</summary>
    public IEnumerable<TranscriptEntry> NewestFirst(string session, CancellationToken cancellationToken) => OpenCodeMessage.Entries(Parts(session, cancellationToken));

    public TokenUsage? Tokens(string session, CancellationToken cancellationToken) => OpenCodeMessage.Tokens(Parts(session, cancellationToken));

    private IEnumerable<OpenCodePart> Parts(string session, CancellationToken cancellationToken)
    {
        using var database = Open(out var problem, cancellationToken);
        if (problem is not null)
        {
            throw new CannotLookException(problem);
        }

        if (database is null)
        {
            yield break;
        }

        // Places first: sorted with their content, all parts of a long session would have to be held at once.
        (string? Id, JsonElement? Json, string? Problem) message = default;
        foreach (var row in database.Query("select rowid, time_created, message_id from part where session_id = ?1 order by time_created desc, id desc", session))
        {
            if (row.Int64(0) is not { } place || row.Text(2) is not { } messageId)
            {
                continue;
            }

            if (message.Id != messageId)
            {
                message = (messageId, Json(database, "select data from message where id = ?1", messageId, out var unread), unread is null ? null : $"message {messageId} {unread}");
            }

            var at = JsonReading.Time(row.Int64(1));
            string? why = null;
            if (message.Json is { } said && Json(database, PartAt, place.ToString(CultureInfo.InvariantCulture), out why) is { } part)
            {
                yield return new OpenCodePart(part, said, at, place);
            }
            else
            {
                yield return OpenCodePart.Unreadable(message.Problem ?? $"the part in row {place} {why}", at, place);
            }
        }
    }

    private const string PartAt = "select data from part where rowid = cast(?1 as integer)";

    /// <summary>Every part, newest first, for doctor: its session, and why it cannot be read.</summary>
    public IEnumerable<(string Session, string? Problem)> Check(CancellationToken cancellationToken)
    {
        using var database = Open(out _, cancellationToken);
        if (database is null || !database.Columns("part").IsSupersetOf(["session_id", "data"]))
        {
            yield break;
        }

        foreach (var row in database.Query("select rowid, session_id from part order by rowid desc"))
        {
            if (row.Int64(0) is { } place && row.Text(1) is { } session)
            {
                _ = Json(database, PartAt, place.ToString(CultureInfo.InvariantCulture), out var why);
                yield return (session, why is null ? null : $"the part in row {place} {why}");
            }
        }
    }

    /// <summary>One value as JSON; null when it is none, or larger than what is read.</summary>
    internal static JsonElement? Json(SqliteReader database, string sql, string parameter) => Json(database, sql, parameter, out _);

    /// <param name="problem">Why it cannot be read, as the end of a sentence; null when it was.</param>
    private static JsonElement? Json(SqliteReader database, string sql, string parameter, out string? problem)
    {
        problem = null;
        try
        {
            if (database.Query(sql, parameter).FirstOrDefault().Text(0) is not { } text)
            {
                problem = "is missing or empty";
                return null;
            }

            if (ForeignJson.TryParse(Encoding.UTF8.GetBytes(text), out var json, out var damage))
            {
                return json;
            }

            problem = $"cannot be read: {damage.What} (byte {damage.Offset})";
            return null;
        }
        catch (IOException unreadable)
        {
            // Its row alone is lost; a database that cannot be read at all ends the enumeration of the places.
            problem = $"cannot be read: {unreadable.Message}";
            return null;
        }
    }

    /// <summary>SQLite holds a lock on the index of its log for as long as it has the database open: the kernel names who does.</summary>
    public IEnumerable<ProcessEntry> Holders(IProcessTable processes)
    {
        var held = ((string[])[path, path + "-shm"]).Select(static file => NativeFile.Stat(file)?.Inode).OfType<ulong>().ToHashSet();
        return held.Count == 0
            ? []
            : processes.HeldLocks.Where(one => one.Pid > 0 && held.Contains(one.Inode)).Select(static one => one.Pid).Distinct().Select(processes.Find).OfType<ProcessEntry>();
    }

    /// <returns>What was read, and whether that is all: what was not read for a reason that passes must be read again.</returns>
    private (IReadOnlyList<(long UpdatedAt, RecordedSession Record)> Sessions, bool IsWhole) Sessions(
        string where, ReadingTime reading, Action left, RowProblems problems, CancellationToken cancellationToken, params string[] parameters)
    {
        var found = new List<(long, RecordedSession)>();
        try
        {
            using var database = Open(out var problem, cancellationToken);
            if (problem is not null)
            {
                problems.OfDatabase(problem);
            }

            if (database is null)
            {
                return (found, problem is null);
            }

            if (OpenCodeRow.SelectFrom(database.Columns("session")) is not { } select)
            {
                problems.OfDatabase($"{Place} has tables of another version of OpenCode than agentctl knows (1.18)");
                return (found, true);
            }

            foreach (var row in database.Query($"select id, time_updated from session {where} order by time_updated desc limit {MostSessions}", parameters))
            {
                if (row.Text(0) is not { Length: > 0 } id)
                {
                    problems.OfRow("a session without an id was skipped");
                }
                else if (!IsKnown(id) && !reading.MayRead())
                {
                    left();
                }
                else if (Session(database, $"{select} where id = ?1", id, problems) is { } record)
                {
                    found.Add((row.Int64(1) ?? 0, record));
                }
            }

            return (found, true);
        }
        catch (IOException unreadable)
        {
            problems.OfDatabase(unreadable.Message);
            return (found, false);
        }
    }

    private RecordedSession? Session(SqliteReader database, string select, string id, RowProblems problems)
    {
        SqliteRow row;
        try
        {
            row = database.Query(select, id).FirstOrDefault();
        }
        catch (IOException unreadable)
        {
            problems.OfRow($"session {id} was skipped: {unreadable.Message}");
            return null;
        }

        var newest = OpenCodeRow.Newest(database, id);
        if (newest.Damage is { } damage)
        {
            problems.OfRow($"session {id}: {damage}");
        }

        var version = $"{row.Int64(13)} {newest.UpdatedAt} {newest.Length} {row.Text(2)}";
        lock (gate)
        {
            if (known.TryGetValue(id, out var last) && last.Version == version)
            {
                return last.Record;
            }
        }

        var record = OpenCodeRow.RecordOf(id, row, newest, OpenCodeRow.Prompt(database, id), Place);
        lock (gate)
        {
            known[id] = (version, record);
        }

        return record;
    }

    private bool IsKnown(string id)
    {
        lock (gate)
        {
            return known.ContainsKey(id);
        }
    }

    internal static JsonElement? Parse(string? text) => text is null ? null : RecordFiles.Parse(Encoding.UTF8.GetBytes(text));

    private SqliteReader? Open(out string? problem, CancellationToken cancellationToken) => SqliteReader.TryOpen(path, out problem, cancellationToken);
}
