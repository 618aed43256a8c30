using Agentctl.Core;

namespace Agentctl.Adapters.Codex;

public sealed partial class CodexAdapter : IAgentLauncher, IOwnerControl
{
    public IReadOnlyList<string> PermissionModes => CodexLauncher.Modes;

    public PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment) => CodexLauncher.Plan(wish, environment);

    public PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => CodexLauncher.PlanAttach(sessionId, environment);

    public string? SessionIdIn(ReadOnlySpan<byte> outputLine) => CodexLauncher.SessionIdIn(outputLine);

    /// <summary>A failed turn of <c>codex exec</c> has an exit code of its own.</summary>
    public string? ReasonIn(ReadOnlySpan<byte> outputLine) => null;

    /// <summary><c>codex exec</c> takes one prompt and no more.</summary>
    public string? Frame(string message) => null;

    public string? InterruptFrame() => null;

    /// <summary>Codex's daemon keeps threads of many people loaded: the turn is interrupted, the daemon goes on.</summary>
    public Task<OwnerAnswer?> Stop(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken) => Cancel(session, environment, cancellationToken);

    public async Task<OwnerAnswer?> Cancel(Sighting session, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        await using var control = await CodexDaemonControl.Connect(places, cancellationToken).ConfigureAwait(false);
        return await control.Interrupt(session.Id, cancellationToken).ConfigureAwait(false);
    }

    public async Task<OwnerAnswer?> Send(Sighting session, string text, AgentEnvironment environment, CancellationToken cancellationToken)
    {
        await using var control = await CodexDaemonControl.Connect(places, cancellationToken).ConfigureAwait(false);
        return await control.StartTurn(session.Id, text, cancellationToken).ConfigureAwait(false);
    }
}
