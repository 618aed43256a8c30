using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What doctor tells of OpenClaw: every place that is looked at, and what a look finds. Never the token.</summary>
internal sealed class OpenClawDiagnosis(string adapter, AgentEnvironment environment, GatewayHandshake handshake, GatewayDeadlines deadlines)
{
    public async Task<Diagnosis> Tell(GatewayPlace place, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var processes = ProcessTable.Take();
        var places = new List<DiagnosedPlace>();
        if (!place.IsNamed)
        {
            places.Add(new(environment.Tilde(place.StateDirectory), "state folder of the gateway", place.HasState ? "there" : "absent"));
            places.Add(new(environment.Tilde(place.ConfigPath), "the gateway's configuration", place.Config.Exists ? place.Config.Problem is null ? "read" : "not usable" : "absent"));
        }

        places.Add(new("token", "shared secret of the gateway", place.Token is null ? $"none found ({place.TokenSource})" : $"found ({place.TokenSource})"));
        if (place.Config.Problem is { } problem)
        {
            problems.Add(problem);
        }

        if (place.IsNamed)
        {
            places.Add(new(place.Address.ToString(), "the gateway", await Ask(place, problems, processes, cancellationToken)));
        }
        else if (place.IsThere)
        {
            places.Add(new(environment.Tilde(Path.Combine(place.StateDirectory, "tmp")), "the gateway's lock", Lock(place, processes)));
            places.Add(new(place.Address.ToString(), "the gateway", await Ask(place, problems, processes, cancellationToken)));
            places.AddRange(Databases(place, problems, cancellationToken));
        }

        return new Diagnosis(adapter, Program(), places, problems);
    }

    private static string Lock(GatewayPlace place, IProcessTable processes) => GatewayLock.Judge(place.StateDirectory, processes) switch
    {
        GatewayLock.Alive alive => $"held by {alive.Identity}, port {alive.Port?.ToString() ?? "unknown"}",
        GatewayLock.Gone gone => $"left by pid {gone.Pid}, which is gone",
        GatewayLock.Unreadable unreadable => $"not readable ({unreadable.Problem})",
        _ => "absent",
    };

    private async Task<string> Ask(GatewayPlace place, List<string> problems, IProcessTable processes, CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await handshake.Open(place, deadlines, onEvent: null, cancellationToken);
            var rows = await SessionList.Read(session, new ListQuery(ActiveOnly: false), deadlines.Call, cancellationToken);
            return $"version {session.Version}, protocol {GatewayHandshake.Protocol}, {rows.Count} sessions, {rows.Values.Count(row => row.HasActiveRun is true)} of them running";
        }
        catch (GatewayFailure refused) when (refused.Kind == GatewayFailureKind.Refused)
        {
            try
            {
                return $"not running ({GatewayAbsence.Prove(place, refused, processes, environment).Fact})";
            }
            catch (CannotLookException unproved)
            {
                problems.Add(unproved.Message);
                return "refuses connections";
            }
        }
        catch (GatewayFailure failed)
        {
            problems.Add(failed.Message);
            return "could not look";
        }
        catch (OperationCanceledException)
        {
            problems.Add($"{GatewaySocket.Named(place.Address)} was not asked to the end: time was up");
            return "could not look";
        }
    }

    private IEnumerable<DiagnosedPlace> Databases(GatewayPlace place, List<string> problems, CancellationToken cancellationToken)
    {
        IReadOnlyList<(string AgentId, string Path)> databases;
        try
        {
            databases = new SessionStore(place.StateDirectory, environment).Databases;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{environment.Tilde(place.StateDirectory)} could not be read ({unreadable.Message}); correct its permissions");
            yield break;
        }

        foreach (var (agent, path) in databases)
        {
            using var reader = SqliteReader.TryOpen(path, out var problem, cancellationToken);
            if (problem is not null)
            {
                problems.Add(problem);
            }

            yield return new DiagnosedPlace(
                environment.Tilde(path), $"sessions of agent {agent}, read while no gateway runs",
                reader is null ? "not readable" : $"readable{Checked(reader, environment.Tilde(path), problems, cancellationToken)}");
        }
    }

    /// <summary>Reports events of conversations that cannot be read; how many were checked when there was no time for all.</summary>
    private static string Checked(SqliteReader reader, string place, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            var (problem, only) = UnreadableParts.Check(place, SessionStore.Check(reader), cancellationToken);
            problems.AddRange(problem is null ? [] : [problem]);
            return only is { } some ? $"; the newest {some} events of conversations were checked" : "";
        }
        catch (IOException unreadable)
        {
            problems.Add(unreadable.Message);
            return " in part";
        }
    }

    private string? Program() => (environment["PATH"] ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "openclaw"))
        .FirstOrDefault(File.Exists);
}
