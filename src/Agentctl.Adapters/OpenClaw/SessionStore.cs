using System.Globalization;
using System.Text;
using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>
/// The gateway's own databases, one per agent, read while no gateway runs:
/// <c>agents/&lt;agent&gt;/agent/openclaw-agent.sqlite</c>, tables session_nodes (one row per key), session_windows (one per
/// session id) and transcript_events.
/// </summary>
internal sealed class SessionStore(string stateDirectory, AgentEnvironment environment)
{
    private const int MostSessions = 100_000;

    // Times are milliseconds since 1970. entry_json is the gateway's whole entry; the columns beside it are its index.
    private const string Columns =
        """
        SELECT n.session_key, n.current_session_id, w.status, n.status, w.started_at, w.ended_at, n.created_at, n.updated_at,
               n.label, n.display_name, n.created_via, n.last_interaction_at, n.last_activity_at, w.model, w.channel
        """;

    private const string Tables = " FROM session_nodes n LEFT JOIN session_windows w ON w.session_id = n.current_session_id ";

    /// <summary>All databases, with the agent each belongs to.</summary>
    public IReadOnlyList<(string AgentId, string Path)> Databases
    {
        get
        {
            var agents = Path.Combine(stateDirectory, "agents");
            return Directory.Exists(agents)
                ? [.. Directory.EnumerateDirectories(agents)
                    .Select(folder => (Path.GetFileName(folder), Path.Combine(folder, "agent", "openclaw-agent.sqlite")))
                    .Where(database => File.Exists(database.Item2))
                    .Order()]
                : [];
        }
    }

    /// <summary>Sessions that changed since.</summary>
    /// <param name="problems">Gets one line per database that could not be read.</param>
    /// <param name="damaged">Gets what is wrong with single rows.</param>
    public IReadOnlyList<(GatewayRow Row, string Source)> Read(DateTimeOffset since, List<string> problems, List<string> damaged, CancellationToken cancellationToken) => Rows(
        problems,
        damaged,
        "WHERE n.archived_at IS NULL AND n.updated_at >= CAST(?1 AS INTEGER) ORDER BY n.updated_at DESC",
        cancellationToken,
        since.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>The session with this key, or that has or had this session id.</summary>
    public (GatewayRow Row, string Source)? Find(string id, List<string> problems, CancellationToken cancellationToken)
    {
        var key = id.LastIndexOf('@') is var at and > 0 ? id[..at] : id;
        var found = Rows(
            problems,
            [],
            "WHERE n.session_key IN (?1, ?2) OR n.session_key LIKE ?2 || ':run:%' OR n.session_key = (SELECT session_key FROM session_windows WHERE session_id = ?1)",
            cancellationToken,
            id,
            key);
        return found.Where(row => row.Row.Id == id || row.Row.Key == id || row.Row.Key != key || row.Row.SessionId == id).Select(row => ((GatewayRow, string)?)row).FirstOrDefault();
    }

    /// <summary>Events of the transcript that is current under a key, newest first: <c>{"type":"message","message":{"role":"user",…}}</c>; or why one cannot be read.</summary>
    public IEnumerable<(long Sequence, JsonElement Event, string? Problem)> Transcript(GatewayRow row, long? before, int most, CancellationToken cancellationToken)
    {
        if (Databases.FirstOrDefault(database => database.AgentId == row.AgentId).Path is not { } path || row.SessionId is null)
        {
            yield break;
        }

        using var reader = Open(path, cancellationToken);
        foreach (var place in reader.Query(
            "SELECT seq FROM transcript_events WHERE session_id = ?1 AND seq < CAST(?2 AS INTEGER) ORDER BY seq DESC LIMIT CAST(?3 AS INTEGER)",
            row.SessionId,
            (before ?? long.MaxValue).ToString(CultureInfo.InvariantCulture),
            most.ToString(CultureInfo.InvariantCulture)))
        {
            if (place.Int64(0) is { } sequence)
            {
                yield return (sequence, Event(reader, row.SessionId, sequence, out var problem), problem);
            }
        }
    }

    /// <summary>Every event of one database, newest first, for doctor: its session, and why it cannot be read.</summary>
    public static IEnumerable<(string Session, string? Problem)> Check(SqliteReader reader)
    {
        if (!reader.Columns("transcript_events").IsSupersetOf(["session_id", "seq", "event_json"]))
        {
            yield break;
        }

        foreach (var row in reader.Query("SELECT session_id, seq FROM transcript_events ORDER BY rowid DESC"))
        {
            if (row.Text(0) is { } session && row.Int64(1) is { } sequence)
            {
                _ = Event(reader, session, sequence, out var problem);
                yield return (session, problem);
            }
        }
    }

    private static JsonElement Event(SqliteReader reader, string session, long sequence, out string? problem)
    {
        problem = null;
        try
        {
            var text = reader.Query(
                "SELECT event_json FROM transcript_events WHERE session_id = ?1 AND seq = CAST(?2 AS INTEGER)", session, sequence.ToString(CultureInfo.InvariantCulture)).FirstOrDefault().Text(0);
            if (ForeignJson.TryParse(Encoding.UTF8.GetBytes(text ?? ""), out var json, out var damage))
            {
                return json;
            }

            problem = $"event {sequence} cannot be read: {damage.What} (byte {damage.Offset})";
        }
        catch (IOException unreadable)
        {
            // This event alone is lost; a database that cannot be read at all ends the enumeration of the places.
            problem = $"event {sequence} cannot be read: {unreadable.Message}";
        }

        return default;
    }

    private SqliteReader Open(string path, CancellationToken cancellationToken) =>
        SqliteReader.TryOpen(path, out var problem, cancellationToken) ?? throw new CannotLookException(problem ?? $"{environment.Tilde(path)} went away while it was read; try again");

    private List<(GatewayRow Row, string Source)> Rows(List<string> problems, List<string> damaged, string where, CancellationToken cancellationToken, params string[] parameters)
    {
        var rows = new List<(GatewayRow, string)>();
        foreach (var (agent, path) in Databases)
        {
            var shown = environment.Tilde(path);
            var skipped = new RowProblems(shown);
            try
            {
                using var reader = Open(path, cancellationToken);
                foreach (var key in reader.Query($"SELECT n.session_key{Tables}{where}", parameters).Take(MostSessions).Select(static row => row.Text(0)).Distinct().ToList())
                {
                    if (key is not { Length: > 0 })
                    {
                        skipped.OfRow("a session without a key was skipped");
                    }
                    else if (One(reader, key, agent, skipped) is { } row)
                    {
                        rows.Add((row, shown));
                    }
                }
            }
            catch (Exception unreadable) when (unreadable is CannotLookException or IOException)
            {
                problems.Add($"{shown} could not be read ({unreadable.Message}); its sessions are missing here");
            }

            damaged.AddRange(skipped.Texts);
        }

        // A cron run that was cut off left a row under <key>:run:<session id> beside the row of its key: one conversation.
        return [.. rows.GroupBy(row => row.Item1.Id).Select(same => same.Aggregate((one, other) => one.Item1.Or(other.Item1) == one.Item1 ? one : other))];
    }

    /// <summary>One session, read by itself: what is wrong with it hides no other.</summary>
    private static GatewayRow? One(SqliteReader reader, string key, string agent, RowProblems damaged)
    {
        try
        {
            var row = reader.Query($"{Columns}{Tables}WHERE n.session_key = ?1", key).FirstOrDefault();
            return From(key, row, Entry(reader, key, damaged), agent);
        }
        catch (IOException unreadable)
        {
            damaged.OfRow($"session {key} was skipped: {unreadable.Message}");
            return null;
        }
    }

    private static JsonElement Entry(SqliteReader reader, string key, RowProblems damaged)
    {
        try
        {
            if (reader.Query("SELECT entry_json FROM session_nodes WHERE session_key = ?1", key).FirstOrDefault().Text(0) is not { } text)
            {
                return default;
            }

            if (ForeignJson.TryParse(Encoding.UTF8.GetBytes(text), out var entry, out var damage))
            {
                return entry;
            }

            damaged.OfRow($"the entry of session {key} is damaged: {damage.What}");
        }
        catch (IOException unreadable)
        {
            damaged.OfRow($"the entry of session {key} was skipped: {unreadable.Message}");
        }

        return default;
    }

    private static GatewayRow From(string key, SqliteRow row, JsonElement entry, string agent) => new()
    {
        Key = GatewayRow.BaseKey(key),
        AgentId = agent,
        SessionId = row.Text(1),
        // A run that was cut off before its first model call has no status yet, only a writer.
        Status = row.Text(2) ?? row.Text(3) ?? (entry.Member("activeWriterRunId") is null ? null : "running"),
        StartedAt = JsonReading.Time(row.Int64(4)),
        EndedAt = JsonReading.Time(row.Int64(5)),
        CreatedAt = JsonReading.Time(row.Int64(6)),
        UpdatedAt = JsonReading.Time(row.Int64(7)),
        Label = row.Text(8),
        DisplayName = row.Text(9),
        CreatedVia = row.Text(10),
        LastInteractionAt = JsonReading.Time(row.Int64(11)),
        LastActivityAt = JsonReading.Time(row.Int64(12)),
        Model = row.Text(13),
        Channel = row.Text(14),
        LastRunInputTokens = entry.Whole("inputTokens"),
        LastRunOutputTokens = entry.Whole("outputTokens"),
        SystemSent = IsSet(entry, "systemSent"),
        AbortedLastRun = IsSet(entry, "abortedLastRun"),
        Classification = key.Split(':') is [_, _, "cron", ..] ? "cron" : null,
    };

    private static bool IsSet(JsonElement entry, string name) => entry.Flag(name) ?? entry.Whole(name) == 1;
}
