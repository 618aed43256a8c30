using System.Globalization;
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
    // Times are milliseconds since 1970. entry_json is the gateway's whole entry; the columns beside it are its index.
    private const string Columns =
        """
        SELECT n.session_key, n.current_session_id, w.status, n.status, w.started_at, w.ended_at, n.created_at, n.updated_at,
               n.label, n.display_name, n.created_via, n.last_interaction_at, n.last_activity_at, w.model, w.channel,
               json_extract(n.entry_json, '$.inputTokens'), json_extract(n.entry_json, '$.outputTokens'),
               json_extract(n.entry_json, '$.systemSent'), json_extract(n.entry_json, '$.abortedLastRun'),
               json_extract(n.entry_json, '$.activeWriterRunId')
        FROM session_nodes n LEFT JOIN session_windows w ON w.session_id = n.current_session_id
        """;

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
    public IReadOnlyList<(GatewayRow Row, string Source)> Read(DateTimeOffset since, List<string> problems) => Rows(
        problems,
        $"{Columns} WHERE n.archived_at IS NULL AND n.updated_at >= CAST(?1 AS INTEGER) ORDER BY n.updated_at DESC",
        since.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));

    /// <summary>The session with this key, or that has or had this session id.</summary>
    public (GatewayRow Row, string Source)? Find(string id, List<string> problems)
    {
        var key = id.LastIndexOf('@') is var at and > 0 ? id[..at] : id;
        var found = Rows(
            problems,
            $"{Columns} WHERE n.session_key IN (?1, ?2) OR n.session_key LIKE ?2 || ':run:%' OR n.session_key = (SELECT session_key FROM session_windows WHERE session_id = ?1)",
            id,
            key);
        return found.Where(row => row.Row.Id == id || row.Row.Key == id || row.Row.Key != key || row.Row.SessionId == id).Select(row => ((GatewayRow, string)?)row).FirstOrDefault();
    }

    /// <summary>Events of the transcript that is current under a key, newest first: <c>{"type":"message","message":{"role":"user",…}}</c>.</summary>
    public IEnumerable<(long Sequence, string Json)> Transcript(GatewayRow row, long? before, int most)
    {
        if (Databases.FirstOrDefault(database => database.AgentId == row.AgentId).Path is not { } path || row.SessionId is null)
        {
            yield break;
        }

        using var reader = Open(path);
        foreach (var line in reader.Query(
            "SELECT seq, event_json FROM transcript_events WHERE session_id = ?1 AND seq < CAST(?2 AS INTEGER) ORDER BY seq DESC LIMIT CAST(?3 AS INTEGER)",
            row.SessionId,
            (before ?? long.MaxValue).ToString(CultureInfo.InvariantCulture),
            most.ToString(CultureInfo.InvariantCulture)))
        {
            if (line.Int64(0) is { } sequence && line.Text(1) is { } json)
            {
                yield return (sequence, json);
            }
        }
    }

    private SqliteReader Open(string path) =>
        SqliteReader.TryOpen(path, out var problem) ?? throw new CannotLookException(problem ?? $"{environment.Tilde(path)} went away while it was read; try again");

    private List<(GatewayRow Row, string Source)> Rows(List<string> problems, string sql, params string[] parameters)
    {
        var rows = new List<(GatewayRow, string)>();
        foreach (var (agent, path) in Databases)
        {
            try
            {
                using var reader = Open(path);
                rows.AddRange(reader.Query(sql, parameters).Select(row => From(row, agent)).OfType<GatewayRow>().Select(row => (row, environment.Tilde(path))));
            }
            catch (Exception unreadable) when (unreadable is CannotLookException or IOException)
            {
                problems.Add($"{environment.Tilde(path)} could not be read ({unreadable.Message}); its sessions are missing here");
            }
        }

        // A cron run that was cut off left a row under <key>:run:<session id> beside the row of its key: one conversation.
        return [.. rows.GroupBy(row => row.Item1.Id).Select(same => same.Aggregate((one, other) => one.Item1.Or(other.Item1) == one.Item1 ? one : other))];
    }

    private static GatewayRow? From(SqliteRow row, string agent) => row.Text(0) is not { } key ? null : new GatewayRow
    {
        Key = GatewayRow.BaseKey(key),
        AgentId = agent,
        SessionId = row.Text(1),
        // A run that was cut off before its first model call has no status yet, only a writer.
        Status = row.Text(2) ?? row.Text(3) ?? (row.Text(19) is null ? null : "running"),
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
        LastRunInputTokens = row.Int64(15),
        LastRunOutputTokens = row.Int64(16),
        SystemSent = row.Int64(17) == 1,
        AbortedLastRun = row.Int64(18) == 1,
        Classification = key.Split(':') is [_, _, "cron", ..] ? "cron" : null,
    };
}
