using Agentctl.Core;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// One line of counts: <c>3 active, 1 waiting for you, 8 unknown (openclaw: timed out 40 s ago)</c>. Unknown stands beside the
/// count, never in it (law L6), and an adapter that could not look is named even when it left nothing to count.
/// </summary>
internal static class ListSummary
{
    /// <param name="wanted">The only state that was asked for: then only that is counted.</param>
    public static string Of(IReadOnlyList<SessionRow> rows, IReadOnlyList<AdapterReport> adapters, DateTimeOffset now, SessionState? wanted = null)
    {
        int active = 0, waiting = 0, queued = 0, unknown = 0, ended = 0;
        foreach (var row in rows)
        {
            var state = SessionStates.FromWord(row.Status) ?? SessionState.Unknown;
            active += state.IsActive() ? 1 : 0;
            waiting += state == SessionState.Waiting ? 1 : 0;
            queued += state == SessionState.Queued ? 1 : 0;
            unknown += state == SessionState.Unknown ? 1 : 0;
            ended += state.IsTerminal() ? 1 : 0;
        }

        var parts = new List<string> { wanted is { } only ? $"{rows.Count} {only.Word()}" : $"{active} active" };
        if (wanted is not null)
        {
            (waiting, queued, unknown, ended) = (0, 0, 0, 0);
        }

        if (waiting > 0)
        {
            parts.Add($"{waiting} waiting for you");
        }

        if (queued > 0)
        {
            parts.Add($"{queued} queued");
        }

        var failed = adapters.Where(adapter => !Answered(adapter)).ToList();
        if (unknown > 0 || failed.Count > 0)
        {
            var why = string.Join("; ", failed.Select(adapter => $"{adapter.Adapter}: {Outcome(adapter, now)}"));
            parts.Add((unknown > 0 ? $"{unknown} unknown" : "unknown beside") + (why.Length > 0 ? $" ({why})" : ""));
        }

        if (ended > 0)
        {
            parts.Add($"{ended} ended");
        }

        return string.Join(", ", parts);
    }

    /// <summary>Its answer stands, though single records may be missing from it.</summary>
    public static bool Answered(AdapterReport adapter) => adapter.Status is "ok" or "partial";

    private static string Outcome(AdapterReport adapter, DateTimeOffset now)
    {
        var what = adapter.Status == "timed-out" ? "timed out" : "could not look";
        return adapter.LastAnswerAt is { } at ? $"{what}, last answer {Age.Ago(at, now)}" : what;
    }
}
