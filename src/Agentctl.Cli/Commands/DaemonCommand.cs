using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Installing;
using Agentctl.Cli.Rendering;
using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl daemon start|stop|restart|status|install|uninstall</c>. Commands start it by themselves; nobody has to.</summary>
internal static class DaemonCommand
{
    public static Command Create(Surroundings around) => new("daemon", "Start, stop or look at the daemon; other commands start it when they need it.")
    {
        Simple("start", "Start it, if it does not run.", ("agentctl daemon start", "commands do this by themselves"), token => Start(around, token)),
        Simple("stop", "Stop it. No agent ends and nothing is lost.", ("agentctl daemon stop", "it starts again on need"), token => Stop(around, token)),
        Simple("restart", "Stop it, then start it.", ("agentctl daemon restart", "after an update"), token => Restart(around, token)),
        Status(around),
        Simple("install", "Let systemd start it at login (a user unit).", ("agentctl daemon install", "writes agentctld.service and enables it"), token => new UserUnit(around).Install(token)),
        Simple("uninstall", "Take the user unit away again.", ("agentctl daemon uninstall", "stops it too"), token => new UserUnit(around).Uninstall(token)),
    };

    private static Command Simple(string name, string description, (string, string) example, Func<CancellationToken, Task<int>> act)
    {
        var command = new Command(name, description);
        command.SetAction((_, cancellationToken) => act(cancellationToken));
        return command.WithExamples(example);
    }

    private static async Task<int> Start(Surroundings around, CancellationToken cancellationToken) =>
        Told(around, await DaemonStarter.Ensure(around.Environment, cancellationToken, DaemonStarter.StartPatience));

    private static async Task<int> Restart(Surroundings around, CancellationToken cancellationToken) =>
        Told(around, await DaemonControl.Restart(around.Environment, around.Time, cancellationToken, DaemonStarter.StartPatience));

    private static int Told(Surroundings around, StartOutcome outcome)
    {
        switch (outcome)
        {
            case StartOutcome.Up { Client: var client, WasStarted: var wasStarted }:
                using (client)
                {
                    around.Terminal.WriteLine($"agentctld {(wasStarted ? "started" : "runs already")} (pid {client.Peer.Pid})");
                }

                return ExitCode.Done;
            case StartOutcome.OtherEnvironment { Client: var client }:
                using (client)
                {
                    around.Terminal.Note(
                        $"agentctld runs (pid {client.Peer.Pid}), started with other directory variables; these will be answered without it. To take it over: agentctl daemon restart");
                }

                return ExitCode.Done;
            case StartOutcome.Failed failed:
                around.Terminal.Note(failed.Problem);
                return ExitCode.Failed;
            default:
                return ExitCode.Failed;
        }
    }

    private static async Task<int> Stop(Surroundings around, CancellationToken cancellationToken)
    {
        switch (await DaemonControl.Stop(around.Environment, around.Time, cancellationToken))
        {
            case StopOutcome.Stopped stopped:
                around.Terminal.WriteLine($"agentctld stopped (pid {stopped.Pid})");
                return ExitCode.Done;
            case StopOutcome.Killed killed:
                around.Terminal.WriteLine($"agentctld did not answer and was killed (pid {killed.Pid}); nothing is lost by that");
                return ExitCode.Done;
            case StopOutcome.Failed failed:
                around.Terminal.Note(failed.Problem);
                return ExitCode.Failed;
            default:
                around.Terminal.WriteLine("Daemon not running.");
                return ExitCode.Done;
        }
    }

    private static Command Status(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("status", "Show what it is doing; exit code 1 when it is down.") { json };
        command.SetAction((parse, cancellationToken) => ShowStatus(around, parse.GetValue(json), cancellationToken));
        return command.WithExamples(("agentctl daemon status", "is it up, and what does it see?"), ("agentctl daemon status --json", "for monitoring"));
    }

    private static async Task<int> ShowStatus(Surroundings around, bool json, CancellationToken cancellationToken)
    {
        var found = await DaemonConnection.TryConnect(around.Environment, cancellationToken);
        var client = found switch
        {
            ConnectOutcome.Up up => up.Client,
            ConnectOutcome.OtherEnvironment other => other.Client,
            _ => null,
        };
        if (client is null)
        {
            around.Terminal.Note(found is ConnectOutcome.Down
                ? "Daemon not running. Any command starts it; or: agentctl daemon start"
                : found.ToString()!);
            return ExitCode.Failed;
        }

        using (client)
        {
            var reply = await client.Daemon(cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            if (json)
            {
                around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
                return ExitCode.Done;
            }

            var page = new Page();
            DaemonPage.Write(page, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.DaemonDocument)!, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        }
    }
}
