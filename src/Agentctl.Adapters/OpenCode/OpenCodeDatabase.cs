using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>OpenCode's database: sessions, their messages, and the parts of those. Read only, never locked for long.</summary>
internal sealed class OpenCodeDatabase(string path, AgentEnvironment environment) : IOpenCodeRecords
{
    private const string Columns =
        "id, directory, title, version, parent_id, agent, model, cost, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, time_created, time_updated";

    private readonly Dictionary<string, (string Version, RecordedSession Record)> known = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public string Path => path;

    public string Place => environment.Tilde(path);

    /// <summary>As long as neither the database nor its log changes, nothing is asked of it again.</summary>
    public IEnumerable<RecordedSession> ChangedSince(DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken)
    {
        // Looked at before the reading: what is written meanwhile is then read again the next time.
        var (file, log) = (NativeFile.Stat(path), NativeFile.Stat(path + "-wal"));
        var answer = lastAnswer;
        if (file is null || answer is null || answer.File != file || answer.Log != log || since < answer.Since)
        {
            var (unread, before) = (0, problems.Count);
            var read = Sessions("where time_updated >= cast(?1 as integer)", reading, () => unread++, problems, Milliseconds(since));
            answer = new Answer(file, log, since, read);
            lastAnswer = unread == 0 && problems.Count == before ? answer : null;
            for (; unread > 0; unread--)
            {
                left();
            }
        }

        return answer.Sessions.Where(one => one.UpdatedAt >= since.ToUnixTimeMilliseconds()).Select(static one => one.Record);
    }

    public IEnumerable<RecordedSession> InDirectory(string directory, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        Sessions("where directory = ?1 and time_updated >= cast(?2 as integer)", ReadingTime.Unlimited, static () => { }, problems, directory, Milliseconds(since)).Select(static one => one.Record);

    public RecordedSession? Find(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        Sessions("where id = ?1", ReadingTime.Unlimited, static () => { }, problems, id) is [var found, ..] ? found.Record : null;

    private sealed record Answer(FileEntry? File, FileEntry? Log, DateTimeOffset Since, IReadOnlyList<(long UpdatedAt, RecordedSession Record)> Sessions);

    private volatile Answer? lastAnswer;

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    public IReadOnlyList<string> Ids(CancellationToken cancellationToken) => Reading([], static database => (IReadOnlyList<string>)[.. database.Query("select id from session").Select(static row => row.Text(0)).OfType<string>()], []);

    /// <summary>The cursor is the part's place in time.</summary>
    public IReadOnlyList<TranscriptEntry> NewestFirst(string session, CancellationToken cancellationToken) => Reading<IReadOnlyList<TranscriptEntry>>([], database => OpenCodeMessage.Entries(database
        .Query("select p.data, p.time_created, m.data, p.rowid from part p join message m on m.id = p.message_id where p.session_id = ?1 order by p.time_created desc, p.id desc", session)
        .Select(static row => Parse(row.Text(0)) is { } part && Parse(row.Text(2)) is { } message ? (part, message, JsonReading.Time(row.Int64(1)), row.Int64(3) ?? 0) : ((JsonElement, JsonElement, DateTimeOffset?, long)?)null)
        .OfType<(JsonElement, JsonElement, DateTimeOffset?, long)>()), []);

    /// <summary>SQLite holds a lock on the index of its log for as long as it has the database open: the kernel names who does.</summary>
    public IEnumerable<ProcessEntry> Holders(IProcessTable processes)
    {
        var held = ((string[])[path, path + "-shm"]).Select(static file => NativeFile.Stat(file)?.Inode).OfType<ulong>().ToHashSet();
        return held.Count == 0
            ? []
            : processes.HeldLocks.Where(one => one.Pid > 0 && held.Contains(one.Inode)).Select(static one => one.Pid).Distinct().Select(processes.Find).OfType<ProcessEntry>();
    }

    private IReadOnlyList<(long UpdatedAt, RecordedSession Record)> Sessions(
        string where, ReadingTime reading, Action left, ICollection<string> problems, params string[] parameters) => Reading<IReadOnlyList<(long, RecordedSession)>>(problems, database =>
    {
        var found = new List<(long, RecordedSession)>();
        foreach (var row in database.Query($"select {Columns} from session {where} order by time_updated desc", parameters).ToList())
        {
            if (reading.IsOver && !IsKnown(row.Text(0)!))
            {
                left();
                continue;
            }

            var newest = database.Query("select data, time_updated from message where session_id = ?1 order by time_created desc, id desc limit 1", row.Text(0)!).FirstOrDefault();
            found.Add((row.Int64(13) ?? 0, Same(row, newest) ?? Keep(row, newest, database)));
        }

        return found;
    }, []);

    private static string VersionOf(SqliteRow row, SqliteRow newest) => $"{row.Int64(13)} {newest.Int64(1)} {newest.Text(0)?.Length} {row.Text(2)}";

    private bool IsKnown(string id)
    {
        lock (gate)
        {
            return known.ContainsKey(id);
        }
    }

    private RecordedSession? Same(SqliteRow row, SqliteRow newest)
    {
        lock (gate)
        {
            return known.TryGetValue(row.Text(0)!, out var last) && last.Version == VersionOf(row, newest) ? last.Record : null;
        }
    }

    private RecordedSession Keep(SqliteRow row, SqliteRow newest, SqliteReader database)
    {
        var record = RecordOf(row, newest, database);
        lock (gate)
        {
            known[record.Id] = (VersionOf(row, newest), record);
        }

        return record;
    }

    private RecordedSession RecordOf(SqliteRow row, SqliteRow newest, SqliteReader database)
    {
        var message = Parse(newest.Text(0));
        var at = JsonReading.Time(newest.Int64(1) ?? row.Int64(13)) ?? DateTimeOffset.UnixEpoch;
        var (signal, fact) = OpenCodeMessage.TurnOf(message);
        var started = message?.Member("time")?.Time("created") ?? at;
        var meta = new Dictionary<string, string>();
        Add("title", row.Text(2));
        Add("version", row.Text(3));
        Add("parent", row.Text(4));
        Add("agent", row.Text(5));
        return new RecordedSession
        {
            Id = row.Text(0)!,
            Source = Place,
            Cwd = row.Text(1),
            StartedAt = JsonReading.Time(row.Int64(12)),
            LastAt = at,
            Model = Parse(row.Text(6))?.Text("id") ?? message?.Text("modelID"),
            Prompt = PromptOf(row.Text(0)!, database) ?? row.Text(2),
            Tokens = row.Int64(8) + row.Int64(9) > 0 ? new TokenUsage(row.Int64(8) ?? 0, row.Int64(9) ?? 0, row.Int64(10) ?? 0, row.Int64(11) ?? 0) : null,
            Cost = row.Double(7) is > 0 and var cost ? (decimal)cost : null,
            Signal = signal,
            Fact = fact,
            SignalAt = signal == Signal.Busy ? started : at,
            Meta = meta,
        };

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                meta[key] = value;
            }
        }
    }

    private static string? PromptOf(string session, SqliteReader database) => database
        .Query("select p.data from part p join message m on m.id = p.message_id where p.session_id = ?1 and m.data like '%\"role\":\"user\"%' order by p.time_created, p.id limit 4", session)
        .Select(static row => Parse(row.Text(0)) is { } part ? OpenCodeMessage.SaidIn(part) : null)
        .FirstOrDefault(static text => text is not null);

    private static JsonElement? Parse(string? text) => text is null ? null : RecordFiles.Parse(Encoding.UTF8.GetBytes(text));

    private T Reading<T>(ICollection<string> problems, Func<SqliteReader, T> read, T nothing)
    {
        using var database = SqliteReader.TryOpen(path, out var problem);
        if (database is null)
        {
            if (problem is not null)
            {
                problems.Add(problem);
            }

            return nothing;
        }

        try
        {
            if (!database.Columns("session").IsSupersetOf(["id", "directory", "time_updated", "tokens_input"]))
            {
                problems.Add($"{Place} has tables of another version of OpenCode than agentctl knows (1.18)");
                return nothing;
            }

            return read(database);
        }
        catch (IOException busy)
        {
            problems.Add(busy.Message);
            return nothing;
        }
    }
}
