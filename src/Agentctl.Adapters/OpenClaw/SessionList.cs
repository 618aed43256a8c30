using System.Text.Json;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What to list.</summary>
/// <param name="ActiveOnly">Only what runs or is queued, picked by the gateway: cost follows what runs.</param>
/// <param name="Search">Only what matches this text (key, session id, titles).</param>
internal readonly record struct ListQuery(bool ActiveOnly, string? Search = null);

/// <summary>All pages of <c>sessions.list</c>, as one list or not at all.</summary>
internal static class SessionList
{
    private const int PageSize = 500;
    private const int MostPages = 2000;
    private const int Tries = 4;

    /// <exception cref="GatewayFailure">A page failed, or the pages do not make one list.</exception>
    public static async Task<IReadOnlyDictionary<string, GatewayRow>> Read(
        GatewaySession session, ListQuery query, TimeSpan callDeadline, CancellationToken cancellationToken)
    {
        HashSet<(string?, string)>? before = null;
        for (var attempt = 1; ; attempt++)
        {
            var (rows, read, total) = await ReadOnce(session, query, callDeadline, cancellationToken);
            // Sessions that move between pages while we read can be missed; then fewer rows came than the gateway counts.
            // A gateway that counts more than it shows gives the same rows twice.
            if (total is null || read.Count >= total || before?.SetEquals(read) is true)
            {
                return rows;
            }

            if (attempt == Tries)
            {
                throw new GatewayFailure(GatewayFailureKind.BadAnswer, $"the OpenClaw gateway's session list kept changing while it was read ({read.Count} of {total} rows); try again");
            }

            before = read;
        }
    }

    private static async Task<(Dictionary<string, GatewayRow> Rows, HashSet<(string?, string)> Read, long? Total)> ReadOnce(
        GatewaySession session, ListQuery query, TimeSpan callDeadline, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, GatewayRow>();
        var keys = new HashSet<(string?, string)>();
        long offset = 0;
        for (var pages = 0; pages < MostPages; pages++)
        {
            var page = await session.Connection.Call("sessions.list", json => Write(json, query, offset), callDeadline, cancellationToken);
            if (page.Member("sessions") is not { ValueKind: JsonValueKind.Array } sessions)
            {
                throw new GatewayFailure(GatewayFailureKind.BadAnswer, "the OpenClaw gateway answered sessions.list without sessions; is its version one that speaks protocol 4?");
            }

            foreach (var element in sessions.EnumerateArray())
            {
                if (GatewayRow.From(element) is { } row)
                {
                    // A row that moved between pages comes again: what was read later is newer. Another key of the same
                    // conversation (a run of its own) is weighed against it instead.
                    var isAgain = !keys.Add((row.AgentId, element.Text("key")!));
                    rows[row.Id] = !isAgain && rows.TryGetValue(row.Id, out var other) ? other.Or(row) : row;
                }
            }

            if (page.Flag("hasMore") is not true)
            {
                return (rows, keys, page.Whole("totalCount"));
            }

            if (page.Whole("nextOffset") is not { } next || next <= offset)
            {
                throw new GatewayFailure(GatewayFailureKind.BadAnswer, $"the OpenClaw gateway says there are more sessions after {keys.Count}, and not where; its list is not taken for whole");
            }

            offset = next;
        }

        throw new GatewayFailure(GatewayFailureKind.BadAnswer, $"the OpenClaw gateway's session list did not end after {MostPages} pages");
    }

    // {"limit":500,"offset":0,"includeDerivedTitles":true,"activeOnly":true,"search":"agent:main:main"}
    private static void Write(Utf8JsonWriter json, ListQuery query, long offset)
    {
        json.WriteNumber("limit"u8, PageSize);
        if (offset > 0)
        {
            json.WriteNumber("offset"u8, offset);
        }

        json.WriteBoolean("includeDerivedTitles"u8, true);
        if (query.ActiveOnly)
        {
            json.WriteBoolean("activeOnly"u8, true);
        }

        if (query.Search is { } search)
        {
            json.WriteString("search"u8, search);
        }
    }
}
