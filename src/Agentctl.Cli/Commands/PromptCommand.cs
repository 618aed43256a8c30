using System.CommandLine;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl prompt</c> and <c>agentctl exec</c>: say something to an ACP agent and see what comes of it.</summary>
internal static class PromptCommand
{
    public static Command Prompt(Surroundings around)
    {
        var acp = new AcpOptions(around);
        var turn = new TurnOptions();
        var session = new Option<string?>("--session") { Description = "An id of a session, instead of agent, directory and name.", HelpName = "session" };
        var noWait = new Option<bool>("--no-wait") { Description = "Only queue it; prints a name by which its result is kept." };
        var oneShot = new Option<bool>("--oneshot") { Description = "In a new session that is closed when the agent has ended." };
        var command = new Command("prompt", "Send a prompt to an ACP session and print the answer as it arrives.") { turn.Text, session, noWait, oneShot };
        AcpOptions.AddTo(command, acp.Agent, acp.Name, acp.Cwd);
        acp.AddPolicy(command);
        turn.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var order = turn.Order(parse, cancellationToken);
            var canAsk = CanAsk(around, parse, acp) && !parse.GetValue(noWait);
            order = order with
            {
                Session = parse.GetValue(session),
                Scope = parse.GetValue(session) is null ? acp.Session(parse) with { Policy = null } : null,
                Policy = acp.PolicyOf(parse, canAsk),
                NoWait = parse.GetValue(noWait),
                Environment = around.Environment.Variables,
            };
            return await new PromptRun(around, turn.FormatOf(parse), canAsk).Execute(order, parse.GetValue(oneShot) ? acp.Session(parse) with { Mode = AcpModes.OneShot } : null, cancellationToken);
        });
        return command.WithExamples(
            ("agentctl prompt -a claude 'Fix the tests'", "in the open session of this directory"),
            ("agentctl prompt -s review --no-wait 'Look at the diff'", "in the session named review, later"),
            ("agentctl prompt --format quiet --timeout 10m < task.md", "only the answer, from a file"));
    }

    public static Command Exec(Surroundings around)
    {
        var acp = new AcpOptions(around);
        var turn = new TurnOptions();
        var command = new Command("exec", "Run one prompt in a new ACP agent, and exit.") { turn.Text };
        AcpOptions.AddTo(command, acp.Agent, acp.Cwd, acp.Model, acp.Mode, acp.ConfigOption, acp.AddDir, acp.NoFs, acp.NoTerminal);
        acp.AddPolicy(command);
        turn.AddTo(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var canAsk = CanAsk(around, parse, acp);
            var order = turn.Order(parse, cancellationToken);
            return await new PromptRun(around, turn.FormatOf(parse), canAsk).Execute(order with { Exec = acp.Session(parse, canAsk) }, null, cancellationToken);
        });
        return command.WithExamples(
            ("agentctl exec -a claude 'What does this project do?'", "the answer as it comes"),
            ("agentctl exec --format quiet --approve-all 'Fix the typo' > answer.txt", "only the answer; everything is allowed"),
            ("git diff | agentctl exec -f - 'Review this'", "text from stdin, then the question"));
    }

    /// <summary>A person sits at both ends, and has not said what is to become of questions.</summary>
    private static bool CanAsk(Surroundings around, ParseResult parse, AcpOptions acp) =>
        around.Terminal.Error.IsTerminal && !Console.IsInputRedirected && parse.GetValue(acp.When) is null;
}
