using Agentctl.Core;
using Agentctl.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Agentctl.Daemon.Tests;

/// <summary>The API in this process, over scripted sessions: in memory, or on a real socket as agentctld serves it.</summary>
internal sealed class TestDaemon : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly List<IDisposable> owned = [];

    private TestDaemon(WebApplication app, TempHome home)
    {
        this.app = app;
        Home = home;
        owned.Add(home);
    }

    public TempHome Home { get; }

    public ScriptedSessions Sessions { get; } = new();

    /// <summary>Ends it as `daemon stop` does.</summary>
    public Task Stop() => app.StopAsync();

    public HttpClient InMemoryClient() => app.GetTestClient();

    /// <summary>Only the endpoints; nothing listens.</summary>
    public static async Task<TestDaemon> InMemory(Action<IServiceCollection>? services = null, Action<WebApplication>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        services?.Invoke(builder.Services);
        var daemon = new TestDaemon(builder.Build(), new TempHome());
        more?.Invoke(daemon.app);
        await daemon.Begin();
        return daemon;
    }

    /// <summary>Kestrel on <c>daemon.sock</c> in a home of its own.</summary>
    public static async Task<TestDaemon> OnSocket(TempHome? inside = null)
    {
        var home = inside ?? new TempHome();
        var socket = PublishedSocket.Bind(DaemonProtocol.SocketPath(home.AgentctlHome));
        var file = new CappedFile(DaemonProtocol.LogPath(home.AgentctlHome), 1 << 20);
        var daemon = new TestDaemon(DaemonProgram.Build(socket, new CappedFileLoggerProvider(file, TimeProvider.System)), home);
        daemon.owned.AddRange([socket, file]);
        await daemon.Begin();
        socket.Publish();
        return daemon;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        owned.ForEach(thing => thing.Dispose());
    }

    private Task Begin()
    {
        DaemonApi.Map(
            app, Home.Environment(), Sessions, Sessions, Sessions,
            new DaemonReport(Home.Environment(), _ => Task.FromResult(Sessions.Counts), static () => new HeldCounts([], 0, 0, 0, 0), new BackgroundLoops(TimeProvider.System), TimeProvider.System));
        return app.StartAsync();
    }
}
