using System.Text.Json;
using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>From a row of OpenCode's session table, and the newest of its messages, to what is known of the session.</summary>
internal static class OpenCodeRow
{
    private static readonly string[] Columns =
        ["id", "directory", "title", "version", "parent_id", "agent", "model", "cost", "tokens_input", "tokens_output", "tokens_cache_read", "tokens_cache_write", "time_created", "time_updated"];

    /// <summary>More than any session costs, and within what a decimal holds.</summary>
    private const double MostCost = 1e9;

    /// <summary>The newest message of a session.</summary>
    /// <param name="Message">Null when there is none, or when it is damaged.</param>
    /// <param name="Damage">Why it could not be read.</param>
    public readonly record struct NewestMessage(JsonElement? Message, long? UpdatedAt, int? Length, string? Damage);

    /// <summary>The start of a query for whole rows; null when the table is none of OpenCode's. Columns that a version lacks are read as NULL.</summary>
    public static string? SelectFrom(IReadOnlySet<string> columns) => columns.IsSupersetOf(["id", "directory", "time_updated"])
        ? $"select {string.Join(", ", Columns.Select(column => columns.Contains(column) ? column : $"null as {column}"))} from session"
        : null;

    public static NewestMessage Newest(SqliteReader database, string id)
    {
        try
        {
            var row = database.Query("select data, time_updated from message where session_id = ?1 order by time_created desc, id desc limit 1", id).FirstOrDefault();
            var message = OpenCodeDatabase.Parse(row.Text(0));
            return new NewestMessage(message, row.Int64(1), row.Text(0)?.Length, row.Text(0) is not null && message is null ? "its newest message is not valid JSON" : null);
        }
        catch (IOException unreadable)
        {
            return new NewestMessage(null, null, null, $"its newest message was skipped: {unreadable.Message}");
        }
    }

    /// <summary>The first thing that a person said; null when none of the first parts tells it.</summary>
    public static string? Prompt(SqliteReader database, string id)
    {
        try
        {
            return database.Query("select id, message_id from part where session_id = ?1 order by time_created, id limit 8", id)
                .Where(row => OpenCodeDatabase.Json(database, "select data from message where id = ?1", row.Text(1) ?? "")?.Text("role") == "user")
                .Select(row => OpenCodeDatabase.Json(database, "select data from part where id = ?1", row.Text(0) ?? "") is { } part ? OpenCodeMessage.SaidIn(part) : null)
                .FirstOrDefault(static text => text is not null);
        }
        catch (IOException)
        {
            // The title takes its place; what is wrong is reported with the newest message.
            return null;
        }
    }

    public static RecordedSession RecordOf(string id, SqliteRow row, NewestMessage newest, string? prompt, string place)
    {
        var message = newest.Message;
        var at = JsonReading.Time(newest.UpdatedAt ?? row.Int64(13)) ?? DateTimeOffset.UnixEpoch;
        var (signal, fact) = newest.Damage is { } damage ? (Signal.Busy, damage) : OpenCodeMessage.TurnOf(message);
        var meta = new Dictionary<string, string>();
        Add("title", row.Text(2));
        Add("version", row.Text(3));
        Add("parent", row.Text(4));
        Add("agent", row.Text(5));
        return new RecordedSession
        {
            Id = id,
            Source = place,
            Cwd = row.Text(1) is { Length: > 0 } directory ? directory : null,
            StartedAt = JsonReading.Time(row.Int64(12)),
            LastAt = at,
            Model = OpenCodeDatabase.Parse(row.Text(6))?.Text("id") ?? message?.Text("modelID"),
            Prompt = PromptText.Of(prompt ?? row.Text(2)),
            Tokens = TokensOf(row),
            Cost = row.Double(7) is > 0 and <= MostCost and var cost ? (decimal)cost : null,
            Signal = signal,
            Fact = fact,
            SignalAt = signal == Signal.Busy ? message?.Member("time")?.Time("created") ?? at : at,
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

    private static TokenUsage? TokensOf(SqliteRow row)
    {
        var used = TokenUsage.Recorded(row.Int64(8), row.Int64(9), row.Int64(10), row.Int64(11));
        return used.In + used.Out > 0 ? used : null;
    }
}
