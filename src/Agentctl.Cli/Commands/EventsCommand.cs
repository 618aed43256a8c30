using System.CommandLine;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl events</c>: what changes, one JSON object a line (docs/specs/events.md).</summary>
internal static class EventsCommand
{
    public static Command Create(Surroundings around)
    {
        var after = new Option<string?>("--after") { Description = "Go on after this cursor, without a gap.", HelpName = "cursor" };
        var json = new Option<bool>("--json") { Description = "Print JSON; it always does." };
        var command = new Command("events", "Follow what changes, one JSON object a line, until Ctrl-C.") { after, json };
        command.SetAction(async (parse, outer) =>
        {
            using var interrupt = new Interrupt(outer);
            var api = await around.OpenSessions(interrupt.Token);
            var reply = await api.Events(parse.GetValue(after), interrupt.Token);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Problem);
            }

            await foreach (var part in reply.Parts.WithCancellation(interrupt.Token))
            {
                around.Terminal.Write([.. part.Span, (byte)'\n']);
            }

            return ExitCode.Done;
        });
        return command.WithExamples(
            ("agentctl events", "from now on, after a snapshot"),
            ("agentctl events --after 1f0a22bc.17", "from where you were interrupted"));
    }
}
