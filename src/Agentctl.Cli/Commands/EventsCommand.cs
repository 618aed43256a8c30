using System.CommandLine;
using System.Text.Json;
using Agentctl.Core;

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
            var cursor = parse.GetValue(after);
            return await new Follower(around).Run(
                (api, token) => api.Events(cursor, token),
                part =>
                {
                    around.Terminal.Write([.. part.Span, (byte)'\n']);

                    // The next daemon does not know it, and sends a snapshot: nothing is missed without a word.
                    cursor = JsonSerializer.Deserialize(part.Span, ApiJson.Default.EventDocument)!.Cursor;
                },
                reference: null,
                interrupt.Token);
        });
        return command.WithExamples(
            ("agentctl events", "from now on, after a snapshot"),
            ("agentctl events --after 1f0a22bc.17", "from where you were interrupted"));
    }
}
