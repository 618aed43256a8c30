using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl queue</c>: the launches that wait for their turn (docs/guide/wait-in-line.md).</summary>
internal static class QueueCommand
{
    public static Command Create(Surroundings around)
    {
        var command = new Command("queue", "List and change launches that wait for a slot or a directory.")
        {
            List(around),
            Change(around, "cancel", "Take a launch out of the queue; its agent never begins.", ("agentctl queue cancel @0k3n8v4w2r7p", "never mind")),
            Move(around),
            Change(around, "release", "Let a launch try although its kind of agent failed at once three times in a row.", ("agentctl queue release @0k3n8v4w2r7p", "after the cause is fixed")),
        };
        return command.WithExamples(
            ("agentctl launch --queue -p 'Then the docs'", "wait when the directory or every slot is taken"),
            ("agentctl queue list", "who waits, and what for"));
    }

    /// <summary>Whether somebody is there who lets those that wait go; tells when not.</summary>
    public static bool IsServed(IAgentctlApi api, Surroundings around) => DaemonNeed.IsServed(api, around, "The queue needs the daemon, which lets those that wait go");

    private static Command List(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("list", "Show who waits, in order, and what for.") { json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            return Tell(around, await api.Queue(cancellationToken), null, parse.GetValue(json));
        });
        return command.WithExamples(("agentctl queue list --json", "for scripts"));
    }

    private static Command Change(Surroundings around, string action, string description, (string, string) example)
    {
        var session = CommonOptions.Session(around);
        var json = CommonOptions.Json();
        var command = new Command(action, description) { session, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reference = parse.GetRequiredValue(session);
            return Tell(around, await api.ChangeQueue(new QueueOrder(action, reference), cancellationToken), reference, parse.GetValue(json), action == "cancel" ? "Cancelled" : "Released");
        });
        return command.WithExamples(example);
    }

    private static Command Move(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var place = new Argument<int>("place") { Description = "Its new place, counted from 1." };
        place.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var number) && number > 0))
            {
                result.AddError($"Not a place: {token.Value}. The first is 1.");
            }
        });
        var json = CommonOptions.Json();
        var command = new Command("move", "Give a launch another place in the queue.") { session, place, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reference = parse.GetRequiredValue(session);
            return Tell(around, await api.ChangeQueue(new QueueOrder("move", reference, parse.GetRequiredValue(place)), cancellationToken), reference, parse.GetValue(json), "Moved");
        });
        return command.WithExamples(("agentctl queue move @0k3n8v4w2r7p 1", "it goes next"));
    }

    private static int Tell(Surroundings around, ApiReply reply, string? reference, bool isJson, string? done = null)
    {
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, reference);
        }

        var queue = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.QueueDocument)!.Queue;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.ArrayOf(queue, ApiJson.Readable.QueueRow).Span);
            return ExitCode.Done;
        }

        if (done is not null)
        {
            around.Terminal.Note($"{done}: {reference}");
        }

        var page = new Page();
        QueueTable.Write(page, queue, around.Look());
        around.Terminal.Write(page);
        return ExitCode.Done;
    }
}
