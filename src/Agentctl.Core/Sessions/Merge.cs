namespace Agentctl.Core;

/// <summary>
/// One row from several sources, in the order of product.md section 5: identity and state from the authority; description from
/// the native record, else from the launch; group, spec and callback keys always from the launch; meta united.
/// </summary>
public static class Merge
{
    /// <summary>One conversation that was seen more than once becomes one session.</summary>
    /// <param name="sightings">Of one request, of all adapters.</param>
    public static IReadOnlyList<Session> Sessions(IEnumerable<Sighting> sightings)
    {
        var sessions = new List<Session>();
        var places = new Dictionary<(string, string), int>();
        foreach (var sighting in sightings)
        {
            var session = Session.From(sighting);
            if (places.TryAdd((sighting.Adapter, sighting.Id), sessions.Count))
            {
                sessions.Add(session);
                continue;
            }

            var place = places[(sighting.Adapter, sighting.Id)];
            sessions[place] = Unite(sessions[place], session);
        }

        return sessions;
    }

    /// <summary>What the launch knows fills the gaps of the native record; what only the launch may say replaces.</summary>
    public static Session With(Session session, LaunchDescription launch) => session with
    {
        Sighting = session.Sighting with
        {
            Cwd = session.Sighting.Cwd ?? launch.Cwd,
            Model = session.Sighting.Model ?? launch.Model,
            Prompt = session.Sighting.Prompt ?? launch.Prompt,
            Meta = United(session.Sighting.Meta, launch.Meta),
        },
        Group = launch.Group,
        Spec = launch.Spec,
    };

    /// <summary>
    /// The sighting with the stronger claim is the authority: a holder beats a record, activity beats rest. The choice does not
    /// depend on the order in which the two arrive.
    /// </summary>
    private static Session Unite(Session one, Session other)
    {
        var (authority, second) = Claim(one).CompareTo(Claim(other)) <= 0 ? (one, other) : (other, one);
        return authority with
        {
            Sighting = authority.Sighting with
            {
                Aliases = [.. authority.Sighting.Aliases.Union(second.Sighting.Aliases).Order(StringComparer.Ordinal)],
                StartedAt = authority.Sighting.StartedAt ?? second.Sighting.StartedAt,
                LastActivityAt = authority.Sighting.LastActivityAt ?? second.Sighting.LastActivityAt,
                Cwd = authority.Sighting.Cwd ?? second.Sighting.Cwd,
                Model = authority.Sighting.Model ?? second.Sighting.Model,
                Prompt = authority.Sighting.Prompt ?? second.Sighting.Prompt,
                Tokens = authority.Sighting.Tokens ?? second.Sighting.Tokens,
                Cost = authority.Sighting.Cost ?? second.Sighting.Cost,
                Meta = United(second.Sighting.Meta, authority.Sighting.Meta),
            },
        };
    }

    private static (bool, int, int, string, string, string) Claim(Session session) => (
        !session.Verdict.IsAlive,
        session.State.ListOrder(),
        (int)session.Sighting.Owner == 0 ? 1 : 0,
        session.Verdict.Decider.Source,
        session.Verdict.Decider.Fact,
        session.Verdict.Why);

    /// <summary>Both, the second winning where both name a key.</summary>
    private static IReadOnlyDictionary<string, string> United(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second)
    {
        if (second.Count == 0)
        {
            return first;
        }

        var united = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in first.Concat(second))
        {
            united[key] = value;
        }

        return united;
    }
}
