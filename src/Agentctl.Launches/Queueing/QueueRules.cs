using System.Globalization;
using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>What a queued launch's turn depends on.</summary>
public abstract record QueueStanding
{
    private QueueStanding()
    {
    }

    /// <summary>Nothing is in its way.</summary>
    public sealed record Go : QueueStanding;

    /// <param name="Reason">One of <see cref="Reasons.NoSlot"/>, <see cref="Reasons.Directory"/>, <see cref="Reasons.Turn"/>, <see cref="Reasons.Brake"/>.</param>
    /// <param name="Fact">Who holds what it waits for, as a sentence.</param>
    public sealed record Waits(string Reason, string Fact) : QueueStanding;
}

/// <summary>
/// Who goes next: first come, first served, for each thing that is scarce. Who waits for a slot of one scope is not passed by another
/// of that scope, and a directory goes to who asked for it first; who waits for something else does not hold anybody up.
/// </summary>
public static class QueueRules
{
    /// <param name="queued">In their order.</param>
    /// <param name="holders">Every launch that holds something.</param>
    /// <param name="brakeOn">Why agents of an adapter are not started without a person's word; null when they are.</param>
    /// <returns>One for each, in the same order; those that go are taken to hold what they asked for.</returns>
    public static IReadOnlyList<QueueStanding> Decide(
        IReadOnlyList<Launch> queued, IReadOnlyList<Launch> holders, AdmissionRules rules, Func<string, string?> brakeOn)
    {
        var holding = holders.ToList();
        var standings = new List<QueueStanding>(queued.Count);
        var scopes = new Dictionary<string, Launch>(StringComparer.Ordinal);
        var ahead = new List<Launch>();
        foreach (var launch in queued)
        {
            var standing = Of(launch);
            standings.Add(standing);
            if (standing is QueueStanding.Go)
            {
                holding.Add(launch);
            }
            else if (standing is not QueueStanding.Waits { Reason: Reasons.Brake })
            {
                ahead.Add(launch);
            }
        }

        return standings;

        QueueStanding Of(Launch launch)
        {
            var record = launch.Record;
            if (launch.Queued is not { Released: true } && brakeOn(record.Adapter) is { } brake)
            {
                return new QueueStanding.Waits(Reasons.Brake, $"{brake}; once the cause is fixed: agentctl queue release {LaunchId.Provisional(launch.Id)}");
            }

            foreach (var scope in rules.Limits.ScopesOf(record.Adapter, record.Group))
            {
                if (scopes.TryGetValue(scope.Name, out var first))
                {
                    return new QueueStanding.Waits(Reasons.Turn, $"{Name(first)} waits for a slot of {scope.Name} before it");
                }
            }

            var force = launch.Queued?.Force == true;
            if (!force && ahead.Find(other => other.Record.Cwd is { } cwd && rules.Rule.Conflicts(cwd, record.Cwd!)) is { } before)
            {
                return new QueueStanding.Waits(Reasons.Turn, $"{Name(before)} waits for the directory {before.Record.Cwd} before it");
            }

            switch (rules.Decide(record, holding, force, out _))
            {
                case null:
                    return new QueueStanding.Go();
                case Refusal.NoSlot full:
                    scopes[full.Scope.Name] = launch;
                    return new QueueStanding.Waits(Reasons.NoSlot, string.Create(CultureInfo.InvariantCulture,
                        $"every slot of {full.Scope.Name} is held ({full.Holders.Count}/{full.Scope.Limit}): {string.Join(", ", full.Holders.Select(Name))}"));
                case Refusal.DirectoryInUse used:
                    return new QueueStanding.Waits(Reasons.Directory, $"{Name(used.Holder)} works in {used.Holder.Record.Cwd}");
                case Refusal.DirectoryLocked locked:
                    return new QueueStanding.Waits(Reasons.Directory, $"{locked.Lock.By} holds {locked.Lock.Directory}");
                case var other:
                    return new QueueStanding.Waits(Reasons.Directory, other.Message);
            }
        }
    }

    private static string Name(Launch launch) => $"{launch.Record.Adapter}/{launch.SessionName}";
}
