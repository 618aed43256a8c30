using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// The two of Codex's databases that are asked, and only where the rollout files do not answer: they are an index that Codex
/// can rebuild, and a killed process leaves them saying "inProgress" for ever.
/// </summary>
internal sealed class CodexDatabases(CodexPlaces places)
{
    /// <summary>Where a thread's rollout is: <c>state_5.sqlite</c>, table threads.</summary>
    public string? RolloutPath(string id, ICollection<string> problems)
    {
        foreach (var path in Ask("state", "select rollout_path from threads where id = ?", id, problems, static row => row.Text(0)))
        {
            return path;
        }

        return null;
    }

    /// <summary>
    /// The newest turn of a thread, <c>thread_history_1.sqlite</c>, table thread_turns. Older rows of a thread may say
    /// inProgress for ever; only the newest counts.
    /// </summary>
    public NewestTurn? NewestTurn(string id, ICollection<string> problems)
    {
        const string Newest = "select status, turn_id, started_at, completed_at from thread_turns where thread_id = ? order by rollout_ordinal desc limit 1";
        foreach (var turn in Ask("thread_history", Newest, id, problems, TurnOf))
        {
            return turn;
        }

        return null;
    }

    private static NewestTurn? TurnOf(SqliteRow row)
    {
        var started = Time(row.Int64(2));
        var ended = row.Int64(3) is null ? started : Time(row.Int64(3));
        var status = row.Text(0) ?? "";
        return status switch
        {
            "inProgress" => new(Signal.Busy, "thread_turns inProgress", row.Text(1), started),
            "completed" => new(Signal.Done, "thread_turns completed", row.Text(1), ended),
            "interrupted" => new(Signal.Aborted, "thread_turns interrupted", row.Text(1), ended),
            "failed" => new(Signal.Failed, "thread_turns failed", row.Text(1), ended),
            _ => null,
        };

        static DateTimeOffset Time(long? seconds) => ForeignTime.OfSeconds(seconds) ?? default;
    }

    private List<T> Ask<T>(string name, string sql, string parameter, ICollection<string> problems, Func<SqliteRow, T?> read)
        where T : class
    {
        var answers = new List<T>();
        if (places.Database(name) is not { } path)
        {
            return answers;
        }

        try
        {
            using var database = SqliteReader.TryOpen(path, out var problem);
            if (database is null)
            {
                if (problem is not null)
                {
                    problems.Add(problem);
                }

                return answers;
            }

            answers.AddRange(database.Query(sql, parameter).Select(read).OfType<T>());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{places.Shown(path)}: {failure.Message}");
        }

        return answers;
    }
}
