using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

/// <summary>A home in which the real agentctld is started; what still runs in it is stopped at the end.</summary>
internal sealed class RunningDaemon(string agentctlHome = "a") : IAsyncDisposable
{
    /// <summary>The tests run on busy machines, and on a build that compiles while it starts.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public TempHome Home { get; } = new(agentctlHome);

    public string SocketPath => DaemonProtocol.SocketPath(Home.AgentctlHome);

    public static string Executable =>
        Requirement.File(Path.Combine(Path.GetDirectoryName(Repository.Built("Agentctl.Daemon"))!, "agentctld"), "agentctld");

    public AgentEnvironment Environment(params ReadOnlySpan<(string Name, string Value)> more) =>
        Home.Environment([(DaemonStarter.ExecutableVariable, Executable), .. more]);

    public Task<StartOutcome> Ensure(AgentEnvironment? environment = null) =>
        DaemonStarter.Ensure(environment ?? Environment(), TestContext.Current.CancellationToken, Patience);

    /// <summary>Starts it; its client and its process.</summary>
    public async Task<(DaemonClient Client, ProcessStat Process)> Start(AgentEnvironment? environment = null)
    {
        var up = Assert.IsType<StartOutcome.Up>(await Ensure(environment));
        Assert.True(up.WasStarted);
        return (up.Client, ProcessStat.Read(up.Client.Peer.Pid)!);
    }

    public Task<StopOutcome> Stop(TimeSpan? deadline = null) =>
        DaemonControl.Stop(Environment(), TimeProvider.System, CancellationToken.None, deadline ?? Patience);

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Home.AgentctlHome))
        {
            var stopped = await Stop();
            Assert.False(stopped is StopOutcome.Failed, stopped.ToString());
        }

        Home.Dispose();
    }
}
