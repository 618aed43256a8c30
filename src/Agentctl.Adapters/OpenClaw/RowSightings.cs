using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Sightings of rows; an unchanged row gives the same instance again.</summary>
internal sealed class RowSightings(string adapter)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (GatewayRow Row, Sighting Sighting)> known = [];

    public Sighting Of(GatewayRow row)
    {
        lock (gate)
        {
            if (known.TryGetValue(row.Id, out var kept) && kept.Row == row)
            {
                // The follower keeps the newest of equal rows: no second one stays because of us.
                known[row.Id] = (row, kept.Sighting);
                return kept.Sighting;
            }

            var sighting = Make(row, RowFacts.FromGateway(row));
            known[row.Id] = (row, sighting);
            return sighting;
        }
    }

    /// <summary>Forgets what the gateway no longer lists.</summary>
    public void KeepOnly(IReadOnlyDictionary<string, GatewayRow> rows)
    {
        lock (gate)
        {
            foreach (var id in known.Keys.Where(id => !rows.ContainsKey(id)).ToList())
            {
                known.Remove(id);
            }
        }
    }

    public Sighting Make(GatewayRow row, Facts facts) => new()
    {
        Adapter = adapter,
        Id = row.Id,
        Aliases = Aliases(row),
        Facts = facts,
        Owner = Owner.Gateway,
        StartedAt = row.StartedAt ?? row.CreatedAt,
        StoppedAt = row.EndedAt,
        LastActivityAt = row.ChangedAt,
        Model = row.Model,
        Prompt = row.DerivedTitle ?? row.Label ?? row.DisplayName,
        Meta = Meta(row),
    };

    public static IEnumerable<SessionName> NamesOf(GatewayRow row) =>
        Aliases(row).Prepend(row.Id).Select(name => new SessionName(name, row.Id));

    private static string[] Aliases(GatewayRow row) =>
        (row.SessionId, row.Id == row.Key) switch
        {
            ({ } sessionId, true) => [sessionId],
            ({ } sessionId, false) => [sessionId, row.Key],
            (null, true) => [],
            (null, false) => [row.Key],
        };

    private static Dictionary<string, string> Meta(GatewayRow row)
    {
        var meta = new Dictionary<string, string> { ["key"] = row.Key };
        Add("sessionId", row.SessionId);
        Add("agent", row.AgentId);
        Add("classification", row.Classification);
        Add("label", row.Label);
        Add("channel", row.Channel);
        Add("createdVia", row.CreatedVia);
        return meta;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                meta[name] = value;
            }
        }
    }
}
