using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>How many sessions may run at once; 0 = as many as there are.</summary>
/// <param name="MaxConcurrent">In this AGENTCTL_HOME.</param>
/// <param name="ByAdapter">Of one adapter.</param>
/// <param name="ByGroup">Of one group.</param>
public sealed record LaunchLimits(int MaxConcurrent, IReadOnlyDictionary<string, int> ByAdapter, IReadOnlyDictionary<string, int> ByGroup)
{
    public static readonly LaunchLimits None = new(0, new Dictionary<string, int>(), new Dictionary<string, int>());

    /// <summary>The limits a launch falls under, each with whom it counts.</summary>
    public IEnumerable<SlotScope> ScopesOf(string adapter, string? group)
    {
        if (MaxConcurrent > 0)
        {
            yield return new SlotScope("all", MaxConcurrent, static _ => true);
        }

        if (ByAdapter.GetValueOrDefault(adapter) is > 0 and var ofAdapter)
        {
            yield return new SlotScope($"adapter:{adapter}", ofAdapter, record => record.Adapter == adapter);
        }

        if (group is not null && ByGroup.GetValueOrDefault(group) is > 0 and var ofGroup)
        {
            yield return new SlotScope($"group:{group}", ofGroup, record => record.Group == group);
        }
    }

    /// <summary>How full every limited scope is.</summary>
    public IReadOnlyList<SlotCount> Count(IReadOnlyList<Launch> held)
    {
        var scopes = held.SelectMany(launch => ScopesOf(launch.Record.Adapter, launch.Record.Group), static (_, scope) => scope)
            .Concat(ScopesOf("", null))
            .Concat(ByAdapter.Keys.SelectMany(adapter => ScopesOf(adapter, null), static (_, scope) => scope));
        var counts = new SortedDictionary<string, SlotCount>(StringComparer.Ordinal);
        foreach (var scope in scopes)
        {
            counts[scope.Name] = new SlotCount(scope.Name, held.Count(launch => scope.Counts(launch.Record)), scope.Limit);
        }

        return [.. counts.Values];
    }
}

/// <summary>One limit.</summary>
public sealed record SlotScope(string Name, int Limit, Func<LaunchRecord, bool> Counts);
