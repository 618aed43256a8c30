using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>What a server of OpenCode's own tells of the sessions it works on, and does to them.</summary>
public sealed partial class OpenCodeAdapter
{
    /// <summary>How long an aborted turn may take to be over.</summary>
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private protected override Owner OwnerOfOwned => Owner.OpencodeServer;

    private protected override IReadOnlyDictionary<string, Evidence> Owned(List<ProcessEntry> candidates, ICollection<string> notes)
    {
        var owned = new Dictionary<string, Evidence>(StringComparer.Ordinal);
        foreach (var process in candidates.ToList())
        {
            if (OpenCodeServer.Find(process, Environment, out var busy, out var problem) is { } server)
            {
                candidates.Remove(process);
                foreach (var session in busy)
                {
                    owned[session] = new Evidence(
                        $"{server.Address}/session/status", $"the OpenCode server, pid {process.Pid} with start {process.StartTicks}, says that it works on it", process.StartedAt);
                }
            }
            else if (problem is not null)
            {
                notes.Add(problem);
            }
        }

        return owned;
    }

    public Task<OwnerAnswer?> Stop(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Abort(session, environment, cancellationToken);

    public Task<OwnerAnswer?> Cancel(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Abort(session, environment, cancellationToken);

    public Task<OwnerAnswer?> Send(Sighting session, string text, AgentEnvironment environment, CancellationToken cancellationToken) => Task.Run(
        OwnerAnswer? () => ServerOf(session, environment) is { } server
            ? new OwnerAnswer(server.Say(session.Id, text), $"POST /session/{session.Id}/prompt_async", $"the OpenCode server at {server.Address} takes it after what it works on now")
            : null,
        cancellationToken);

    private async Task<OwnerAnswer?> Abort(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        if (await Task.Run(() => ServerOf(session, environment), cancellationToken).ConfigureAwait(false) is not { } server)
        {
            return null;
        }

        var asked = $"POST /session/{session.Id}/abort";
        if (!await Task.Run(() => server.Abort(session.Id), cancellationToken).ConfigureAwait(false))
        {
            return new OwnerAnswer(false, asked, $"the OpenCode server at {server.Address} refused it");
        }

        var began = TimeProvider.System.GetTimestamp();
        bool? isBusy;
        while ((isBusy = await Task.Run(() => server.IsBusy(session.Id), cancellationToken).ConfigureAwait(false)) == true && TimeProvider.System.GetElapsedTime(began) < AbortPatience)
        {
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }

        return isBusy is false
            ? new OwnerAnswer(true, asked, $"the OpenCode server at {server.Address} works on it no longer; the session stays")
            : new OwnerAnswer(false, asked, $"the OpenCode server at {server.Address} {(isBusy is null ? "does not answer any more" : "still works on it")}");
    }

    /// <summary>The server that works on a session; null when none says so.</summary>
    private OpenCodeServer? ServerOf(Sighting session, AgentEnvironment environment)
    {
        var processes = ProcessTable.Take();
        return ThoseThatMayBe(processes).Where(process => process.UserId == processes.UserId)
            .Select(process => OpenCodeServer.Find(process, environment, out var busy, out _) is { } server && busy.Contains(session.Id) ? server : null)
            .FirstOrDefault(static server => server is not null);
    }
}
