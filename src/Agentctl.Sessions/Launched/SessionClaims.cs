using Agentctl.Launches;

namespace Agentctl.Sessions;

/// <summary>
/// A session id is what an agent's output says, so two living launches can report the same one. It belongs to the first of them; the
/// others keep their launch's name, so that each is listed and can be stopped.
/// </summary>
internal static class SessionClaims
{
    /// <summary>Whether anything has to be settled: ids that were known before the start are not claims.</summary>
    public static bool Any(IReadOnlyList<Launch> launches) => launches.Any(IsClaim);

    /// <summary>The launches, each under a name of its own.</summary>
    /// <param name="living">Every launch that lives, those among <paramref name="launches"/> too.</param>
    public static IReadOnlyList<Launch> Settle(IReadOnlyList<Launch> launches, IReadOnlyList<Launch> living)
    {
        var owners = new Dictionary<(string Adapter, string SessionId), Launch>();
        foreach (var launch in living.Where(static launch => launch is { IsHeld: true, SessionId: not null }))
        {
            var session = (launch.Record.Adapter, launch.SessionId!);
            if (!owners.TryGetValue(session, out var owner) || IsBefore(launch, owner))
            {
                owners[session] = launch;
            }
        }

        return
        [
            .. launches.Select(launch => IsClaim(launch) && owners.TryGetValue((launch.Record.Adapter, launch.SessionId!), out var owner) && owner.Id != launch.Id
                ? launch with { Told = launch.Told! with { SessionId = null }, Damage = Join(launch.Damage, $"it reports the session id of launch {owner.Id}, which lives; that is ignored") }
                : launch),
        ];
    }

    private static bool IsClaim(Launch launch) => launch is { IsHeld: true, Record.SessionId: null, Told.SessionId: not null };

    private static bool IsBefore(Launch one, Launch other) =>
        (IsClaim(one), one.Record.LaunchedAt, one.Id).CompareTo((IsClaim(other), other.Record.LaunchedAt, other.Id)) < 0;

    private static string Join(string? known, string more) => known is null ? more : $"{known}; {more}";
}
