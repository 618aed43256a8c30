using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>What <c>list --sort</c> orders by.</summary>
internal enum SortKey
{
    /// <summary>Who needs a human first, what is over last; as the API gives them within one state.</summary>
    State,
    Age,
    Started,
    Id,
    Adapter,
    Cwd,
}

internal static class SortKeys
{
    /// <summary>Indexes of the rows in order; equal ones keep theirs.</summary>
    public static IEnumerable<int> Order(this SortKey key, IReadOnlyList<SessionRow> rows)
    {
        var indexes = Enumerable.Range(0, rows.Count);
        return key switch
        {
            SortKey.Age => indexes.OrderByDescending(index => SessionTable.LastKnown(rows[index]) ?? DateTimeOffset.MinValue),
            SortKey.Started => indexes.OrderByDescending(index => rows[index].StartedAt ?? DateTimeOffset.MinValue),
            SortKey.Id => indexes.OrderBy(index => rows[index].Id, StringComparer.Ordinal),
            SortKey.Adapter => indexes.OrderBy(index => rows[index].Adapter, StringComparer.Ordinal),
            SortKey.Cwd => indexes.OrderBy(index => rows[index].Cwd ?? "", StringComparer.Ordinal),
            _ => indexes.OrderBy(index => (SessionStates.FromWord(rows[index].Status) ?? SessionState.Unknown).ListOrder()),
        };
    }
}
