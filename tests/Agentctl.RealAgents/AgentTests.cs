using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>A sandbox with the fake model in it for each test, and agentctl looking at it.</summary>
public abstract class AgentTests : IAsyncLifetime
{
    private protected Sandbox Sandbox { get; private set; } = null!;
    private protected FakeModelProcess Model { get; private set; } = null!;
    private protected Observer Agentctl { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sandbox = await Sandbox.Create();
        try
        {
            Model = await FakeModelProcess.Start(Sandbox);
            Agentctl = new Observer(Sandbox);
            await Prepare();
        }
        catch
        {
            // xunit disposes only what was initialized to the end; the agent that did not come up is running all the same.
            await Sandbox.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sets the agent up.</summary>
    private protected abstract Task Prepare();
}
