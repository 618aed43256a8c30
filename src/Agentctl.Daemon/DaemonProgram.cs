using System.Net.Sockets;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;
using Microsoft.AspNetCore.Connections;

namespace Agentctl.Daemon;

/// <summary>What the daemon is made of, and the order in which it starts and stops.</summary>
internal static partial class DaemonProgram
{
    private const long LogLimitBytes = 1024 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(3);

    /// <summary>Serves one AGENTCTL_HOME until it is told to stop. 0 also when another daemon already does.</summary>
    public static async Task<int> Run(AgentEnvironment environment, TimeProvider time)
    {
        FileCreationMask.MakePrivate();
        NativeHeap.ShareBetweenThreads();
        var home = environment.AgentctlHome;
        using var starter = StartChannel.Open(environment);
        try
        {
            if (HomeTrust.WhyRefused(home) is { } refused)
            {
                throw new UnauthorizedAccessException(refused);
            }

            // Nothing is touched before the lease is ours.
            PrivateDirectory.Ensure(home);
            using var lease = await HomeLease.TakeOrFindAnother(home, time, CancellationToken.None);
            if (lease is null)
            {
                starter.Ready();
                return 0;
            }

            if (await RpcListener.FindAnother(home, CancellationToken.None) is { } node)
            {
                throw new IOException($"a daemon of the Node agentctl (pid {node}) serves {RpcListener.PathIn(home)}, and two must not look after one home. Stop it first, with that tool: agentctl daemon stop; if it came from launchd or a supervisor: agentctl daemon uninstall");
            }

            var config = AgentctlConfig.Load(home) switch
            {
                ConfigOutcome.Loaded loaded => loaded.Config,
                var invalid => throw new InvalidDataException(invalid.ToString()),
            };

            // The caller's directory must stay deletable.
            Environment.CurrentDirectory = "/";
            using var logFile = new CappedFile(DaemonProtocol.LogPath(home), LogLimitBytes);
            await Serve(environment, config, time, starter, logFile);
            return 0;
        }
        catch (Exception failure) when (failure is IOException or SocketException or InvalidDataException or UnauthorizedAccessException or CannotLookException)
        {
            starter.Failed(failure.Message);
            await Console.Error.WriteLineAsync($"agentctld: {failure.Message}");
            return 1;
        }
    }

    private static async Task Serve(AgentEnvironment environment, AgentctlConfig config, TimeProvider time, StartChannel starter, CappedFile logFile)
    {
        var home = environment.AgentctlHome;
        using var logs = new CappedFileLoggerProvider(logFile, time);

        var loops = new BackgroundLoops(time);
        await using var sessions = SessionService.Create(new SessionServiceOptions(environment, config, time, Watching: true) { Loops = loops });
        using var socket = PublishedSocket.Bind(DaemonProtocol.SocketPath(home));
        await using var app = Build(socket, logs);
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Agentctl.Daemon");
        loops.Failed = (loop, failure) => LoopFailed(log, loop.Name, loop.Failures, failure);
        AppDomain.CurrentDomain.UnhandledException += (_, crash) => Crashed(log, crash.ExceptionObject as Exception);
        using var rest = new RestAfterWork(time);
        app.Use(next => async http =>
        {
            await next(http);
            rest.Worked();
        });
        var report = new DaemonReport(environment, sessions.Count, sessions.CountHeld, loops, time);
        DaemonApi.Map(app, environment, sessions, sessions, sessions, report);

        // Before launches are let go: what a person locked with the Node tool holds from the first moment.
        await Attempt(log, "take over locks and fuses of the Node agentctl", async () =>
        {
            foreach (var line in await sessions.ImportLegacy(CancellationToken.None))
            {
                Imported(log, line);
            }
        });

        // Before anybody is answered: what lived on, or ended, while there was no daemon.
        await using var keeper = sessions.Keeper(problem => LaunchProblem(log, problem));
        var recovery = await keeper.Start(CancellationToken.None);
        Recovered(log, recovery.Alive, recovery.Silent, recovery.Took.TotalMilliseconds);
        await Attempt(log, "resume ACP sessions", () =>
        {
            var adopted = sessions.AdoptConversations(problem => LaunchProblem(log, problem));
            Adopted(log, adopted);
            return Task.CompletedTask;
        });

        // Stopping: first nobody new finds us, then streams end and answers in flight are finished, then the lease is given back.
        app.Lifetime.ApplicationStopping.Register(socket.Withdraw);
        await app.StartAsync();
        await using var fuses = FuseScheduler.Start(sessions.Fuse, sessions.Places, sessions.ShimPath, environment, loops, time, log);
        await using var rpc = await OldSocket.Start(home, new RpcMethods(sessions, sessions, report, app.Lifetime.StopApplication, log), rest.Worked, loops, log);
        app.Lifetime.ApplicationStopping.Register(rpc.Withdraw);
        socket.Publish();
        using var watch = SocketWatch.Start(home, socket, time, app.Lifetime.StopApplication, log);
        starter.Ready();
        Started(log, Environment.ProcessId, BuildStamp.Version, BuildStamp.Commit, BuildStamp.Runtime, home);

        await app.WaitForShutdownAsync();
        Stopped(log);
    }

    /// <summary>A step without which the daemon still serves: its failure is logged and the start continues.</summary>
    private static async Task Attempt(ILogger log, string step, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            StepFailed(log, step, failure);
        }
    }

    internal static WebApplication Build(PublishedSocket socket, CappedFileLoggerProvider logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = "/", ApplicationName = "agentctld" });
        builder.Logging.AddProvider(logs);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTime);
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new PatientListeners(socket.Socket, services.GetRequiredService<IMemoryPoolFactory<byte>>(), services.GetRequiredService<ILoggerFactory>()));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionLimit.Each;

            // A follower that is stopped by ^Z is patient, not hostile.
            kestrel.Limits.MinResponseDataRate = null;
            var peers = new PeerCheck(kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Agentctl.Daemon.Peers"));
            kestrel.ListenUnixSocket(socket.ReachedAs, listen => listen.Use(peers.Before));
        });

        return builder.Build();
    }

    [LoggerMessage(EventId = 1, EventName = "Started", Level = LogLevel.Information, Message = "pid {Pid}, version {Version} ({Commit}), {Runtime}, serves {Home}")]
    private static partial void Started(ILogger log, int pid, string version, string commit, string runtime, string home);

    [LoggerMessage(EventId = 4, EventName = "Recovered", Level = LogLevel.Information, Message = "{Alive} launches live, {Silent} shims did not answer, found in {Milliseconds:0.0} ms")]
    private static partial void Recovered(ILogger log, int alive, int silent, double milliseconds);

    [LoggerMessage(EventId = 7, EventName = "Adopted", Level = LogLevel.Information, Message = "resumed {Count} ACP sessions")]
    private static partial void Adopted(ILogger log, int count);

    [LoggerMessage(EventId = 5, EventName = "LaunchProblem", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void LaunchProblem(ILogger log, string problem);

    [LoggerMessage(EventId = 6, EventName = "Imported", Level = LogLevel.Information, Message = "from the Node agentctl: {Line}")]
    private static partial void Imported(ILogger log, string line);

    [LoggerMessage(EventId = 3, EventName = "Crashed", Level = LogLevel.Critical, Message = "a defect ends this daemon; the next command starts another")]
    private static partial void Crashed(ILogger log, Exception? failure);

    [LoggerMessage(EventId = 8, EventName = "LoopFailed", Level = LogLevel.Error, Message = "the background loop {Loop} failed (failure {Failures}) and is started again")]
    private static partial void LoopFailed(ILogger log, string loop, long failures, Exception failure);

    [LoggerMessage(EventId = 9, EventName = "StepFailed", Level = LogLevel.Error, Message = "could not {Step}; the daemon starts without it")]
    private static partial void StepFailed(ILogger log, string step, Exception failure);

    [LoggerMessage(EventId = 2, EventName = "Stopped", Level = LogLevel.Information, Message = "stopped as asked")]
    private static partial void Stopped(ILogger log);
}
