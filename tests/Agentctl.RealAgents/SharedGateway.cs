using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>One gateway, and the fake model, for all tests of a class: to start one takes a processor twenty seconds.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    internal Sandbox Sandbox { get; private set; } = null!;
    internal FakeModelProcess Model { get; private set; } = null!;
    internal OpenClawGateway Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Sandbox = await Sandbox.Create();
        try
        {
            Model = await FakeModelProcess.Start(Sandbox);
            Gateway = await OpenClawGateway.Start(Sandbox);
        }
        catch
        {
            await Sandbox.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Sandbox.DisposeAsync();

    /// <summary>A test that failed after it had killed the gateway does not make the others fail.</summary>
    internal async ValueTask EnsureRunning()
    {
        if (Gateway.Process.HasExited)
        {
            await Gateway.StartAgain();
        }
    }
}
