using Agentctl.Cli.Configuration;
using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Cli;

/// <summary>Finds who answers: for now always this process.</summary>
internal sealed class Answering(AgentEnvironment environment, TimeProvider time) : IAsyncDisposable
{
    private SessionService? own;

    public Task<ISessionApi> Open(CancellationToken cancellationToken) => Task.FromResult<ISessionApi>(InProcess());

    public SessionService InProcess() =>
        own ??= SessionService.Create(new SessionServiceOptions(environment, ConfigFile.Load(environment), time, Watching: false));

    public ValueTask DisposeAsync() => own?.DisposeAsync() ?? ValueTask.CompletedTask;
}
