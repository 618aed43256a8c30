using Agentctl.Core;
using Agentctl.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Agentctl.Daemon.Tests;

/// <summary>Both interfaces in this process, over real sessions in a home without agents: nothing can be launched from it.</summary>
internal sealed class RealSessions : IAsyncDisposable
{
    private readonly TempHome home;
    private readonly SessionService service;
    private readonly WebApplication app;

    private RealSessions(TempHome home, SessionService service, WebApplication app, RpcMethods rpc)
    {
        (this.home, this.service, this.app) = (home, service, app);
        (Http, Rpc) = (app.GetTestClient(), rpc);
    }

    public HttpClient Http { get; }

    public RpcMethods Rpc { get; }

    public static async Task<RealSessions> Start()
    {
        var place = new TempHome();
        var environment = place.Environment(("PATH", "/nowhere"), ("AGENTCTL_SHIM_EXE", "/nowhere/agentctl-shim"));
        var sessions = SessionService.Create(new SessionServiceOptions(environment, new AgentctlConfig(), TimeProvider.System, Watching: false));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        var application = builder.Build();
        var report = new DaemonReport(environment, sessions.Count, sessions.CountHeld, new BackgroundLoops(TimeProvider.System), TimeProvider.System);
        DaemonApi.Map(application, environment, sessions, sessions, sessions, report);
        await application.StartAsync();
        return new RealSessions(place, sessions, application, new RpcMethods(sessions, sessions, report, static () => { }, NullLogger.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        await service.DisposeAsync();
        home.Dispose();
    }
}
