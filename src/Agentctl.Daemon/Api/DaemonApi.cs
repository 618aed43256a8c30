using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Daemon;

/// <summary>The whole API on an application, whatever serves it: Kestrel on the socket, or a test server.</summary>
internal static class DaemonApi
{
    public static void Map(
        WebApplication app, AgentEnvironment environment, ISessionApi sessions, ILaunchApi launches, IAcpApi acp, DaemonReport report)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Agentctl.Daemon.Api");
        var gate = new Gate(DaemonProtocol.PlacesHash(environment), AgentctlConfig.FingerprintIn(environment.AgentctlHome), log);
        var stream = new PartStream(log, app.Lifetime.ApplicationStopping);

        app.Use(next => http => gate.Pass(http, next));
        new SessionEndpoints(sessions, stream).Map(app);
        new LaunchEndpoints(launches, stream).Map(app);
        new AcpEndpoints(acp, stream).Map(app);
        new DaemonEndpoints(report, app.Lifetime.StopApplication).Map(app);
    }
}
