using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>A sandbox in which agentctl is asked with a daemon or without one.</summary>
public abstract class BothWays : IAsyncLifetime
{
    protected Sandbox Sandbox { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Sandbox = await Sandbox.Create();

    public async ValueTask DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected AgentctlCli Agentctl(bool withDaemon) => new(Sandbox, withDaemon);
}
