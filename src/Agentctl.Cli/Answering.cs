using Agentctl.Cli.Terminals;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>Finds who answers: the daemon, or this process.</summary>
internal sealed class Answering(AgentEnvironment environment, TimeProvider time, Terminal terminal) : IAsyncDisposable
{
    public Task<ISessionApi> Open(CancellationToken cancellationToken) =>
        throw new CannotLookException($"this build has no adapters yet ({environment.AgentctlHome}, {time.GetUtcNow()}, {terminal.Output})");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
