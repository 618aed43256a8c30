using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Demo;

/// <summary>
/// What <c>agentctl demo</c> plays: three agents are found running, waiting and idle, one is killed and told ended although its own
/// file still says busy. Every page shown is the real command's, on real processes and files.
/// </summary>
internal sealed class Demonstration(Surroundings outside, DemoHome home, Surroundings inside)
{
    private const int WidestText = 100;
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public async Task<int> Run(CancellationToken cancellationToken)
    {
        // Before the first command reads the config: all of them run in this one process.
        home.DeclareAgent("scripted", [ScriptedAgent.Program, "plain", "busy", "{prompt}"]);
        Tell($"""
            A demonstration. Three scripted agents, a small program that comes with agentctl, play Claude Code and Codex in a temporary
            home ({home.Path}). They ask no model and touch nothing of yours; agentctl finds them the way it finds real
            ones: by the files they write and by what the kernel says of their processes.
            """);
        await using var running = await ScriptedAgent.Start(home, "shop", "claude-code", "busy", "Fix the flaky checkout test, then run the whole suite", cancellationToken);
        await using var waiting = await ScriptedAgent.Start(home, "deploy", "claude-code", "waiting", "Roll the staging cluster forward to 2.4", cancellationToken);
        await using var resting = await ScriptedAgent.Start(home, "docs", "codex", "idle", "Proof-read the release notes", cancellationToken);
        var isAsExpected = await UntilTold(running, "running", cancellationToken)
            & await UntilTold(waiting, "waiting", cancellationToken)
            & await UntilTold(resting, "idle", cancellationToken);
        await Pause(cancellationToken);

        Tell("Who needs you stands first:");
        await Show(cancellationToken, "list");
        Tell("Nothing has to be believed; every state carries its evidence:");
        await Show(cancellationToken, "explain", Prefix(running));
        Tell("And what was said:");
        await Show(cancellationToken, "peek", Prefix(running), "-n", "2");

        Tell("Now the classic trap. That agent is killed; its own file goes on saying \"busy\" for ever:");
        TellCommand($"kill -9 {running.Pid}");
        await running.Kill(cancellationToken);
        isAsExpected &= await UntilTold(running, "stopped", cancellationToken);
        await Show(cancellationToken, "list", "-a");
        await Show(cancellationToken, "explain", Prefix(running));
        isAsExpected &= await ShowLaunching(cancellationToken);
        return isAsExpected ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>What agentctl runs itself is owned: one in a directory, and nothing of it left after a stop.</summary>
    private async Task<bool> ShowLaunching(CancellationToken cancellationToken)
    {
        Tell("agentctl runs agents too. What it runs is owned by a small process of its own, so it knows how it ends, and holds its directory:");
        var project = home.Project("api");
        var isAsExpected = await Show(cancellationToken, "launch", "scripted", "-p", "Add pagination to the orders endpoint", "--cwd", project) == ExitCode.Done;
        Tell("A second one in the same directory is refused, and told by whom:");
        isAsExpected &= await Show(cancellationToken, "launch", "scripted", "-p", "Rename the orders endpoint", "--cwd", project) == ExitCode.Refused;
        await Show(cancellationToken, "locks");
        Tell("It is stopped through its owner, and all it held is free:");
        isAsExpected &= await Show(cancellationToken, "stop", "--all") == ExitCode.Done;
        await Show(cancellationToken, "locks");
        return isAsExpected;
    }

    /// <summary>After everything is cleaned up: the real thing.</summary>
    public static async Task<int> ShowThisMachine(Surroundings outside, CancellationToken cancellationToken)
    {
        outside.Terminal.Write("\nThe agents have ended and their home is removed. This is your own machine, now:\n");
        TellCommand(outside, "agentctl list");
        var code = await CommandLine.Run(["list"], outside, cancellationToken);
        outside.Terminal.Write("\nNext: agentctl list --watch, agentctl explain <id>, agentctl help\n");
        return code;
    }

    private async Task<int> Show(CancellationToken cancellationToken, params string[] command)
    {
        TellCommand("agentctl " + string.Join(' ', command.Select(static word => word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word)));
        var code = await CommandLine.Run(command, inside, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        await Pause(cancellationToken);
        return code;
    }

    private void Tell(string text) => outside.Terminal.Write(
        $"\n{string.Join('\n', TextWidth.Wrap(PlainText.OneLine(text), Math.Min(outside.Look().Width ?? WidestText, WidestText)))}\n");

    private void TellCommand(string command) => TellCommand(outside, command);

    private static void TellCommand(Surroundings around, string command) =>
        around.Terminal.Write(new Page().Append($"\n{around.Look().Paint[Ink.Strong, "$ " + command]}\n"));

    /// <summary>A person gets time to read; a pipe does not need it.</summary>
    private Task Pause(CancellationToken cancellationToken) =>
        outside.Terminal.Output.IsTerminal ? Task.Delay(Reading, outside.Time, cancellationToken) : Task.CompletedTask;

    private static string Prefix(ScriptedAgent agent) => agent.SessionId[..SessionRef.ShortestPrinted];

    private async Task<bool> UntilTold(ScriptedAgent agent, string status, CancellationToken cancellationToken)
    {
        var sessions = await inside.OpenSessions(cancellationToken);
        var until = outside.Time.GetUtcNow() + Patience;
        while (true)
        {
            var reply = await sessions.Status(agent.SessionId, cancellationToken);
            var told = reply.IsOk ? JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.SessionRow)!.Status : "not found";
            if (told == status)
            {
                return true;
            }

            if (outside.Time.GetUtcNow() > until)
            {
                outside.Terminal.Note($"the demonstration expected {status} for {agent.SessionId}, but was told {told}");
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), outside.Time, cancellationToken);
        }
    }
}
