using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl fuse</c> and <c>fuses</c>: directories with a time limit (docs/guide/set-a-fuse.md).</summary>
internal static class FuseCommand
{
    public static Command Fuse(Surroundings around)
    {
        var command = new Command("fuse", "Give a directory a time limit, with what happens when it is over.")
        {
            Set(around), Extend(around), Cancel(around), List(around, "list"),
        };
        return command.WithExamples(
            ("agentctl fuse set ~/shop-try --ttl 2h --script 'make clean'", "in two hours, unless it is extended or cancelled"),
            ("agentctl fuse cancel ~/shop-try", "nothing happens any more"));
    }

    public static Command Fuses(Surroundings around) => List(around, "fuses");

    private static Command List(Surroundings around, string name)
    {
        var json = CommonOptions.Json();
        var command = new Command(name, "Show directories with a time limit.") { json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            return Tell(around, await api.Fuses(cancellationToken), parse.GetValue(json));
        });
        return command.WithExamples((name == "list" ? "agentctl fuse list" : "agentctl fuses", "the next first"));
    }

    private static Command Set(Surroundings around)
    {
        var directory = Directory();
        var ttl = CommonOptions.Lifetime("--ttl", "How long (default 10m).");
        var script = new Option<string?>("--script") { Description = "A shell command that runs in the directory then.", HelpName = "command" };
        var webhook = new Option<string?>("--webhook") { Description = "An address that gets a POST then.", HelpName = "url" };
        var word = new Option<string?>("--event") { Description = "A word that log and webhook repeat.", HelpName = "word" };
        var session = new Option<string?>("--session") { Description = "Session id, passed to the script and the webhook.", HelpName = "id" };
        var label = new Option<string?>("--label") { Description = "A name to show for it.", HelpName = "text" };
        var json = CommonOptions.Json();
        var command = new Command("set", "Set a directory's time limit, in the place of one that is there.") { directory, ttl, script, webhook, word, session, label, json };
        command.SetAction((parse, cancellationToken) =>
        {
            var action = new FuseAction(parse.GetValue(script), parse.GetValue(webhook), parse.GetValue(word));
            return Change(around, new FuseOrder(
                "set", Path.GetFullPath(parse.GetRequiredValue(directory)), Milliseconds(parse.GetValue(ttl)), parse.GetValue(session), action == new FuseAction() ? null : action, parse.GetValue(label)),
                parse.GetValue(json), cancellationToken);
        });
        return command.WithExamples(("agentctl fuse set . --ttl 30m --webhook http://127.0.0.1:8080/expired", "somebody is told"));
    }

    private static Command Extend(Surroundings around)
    {
        var directory = Directory();
        var ttl = CommonOptions.Lifetime("--ttl", "How long from now on (default 10m).");
        var json = CommonOptions.Json();
        var command = new Command("extend", "Give a directory more time.") { directory, ttl, json };
        command.SetAction((parse, cancellationToken) => Change(
            around, new FuseOrder("extend", Path.GetFullPath(parse.GetRequiredValue(directory)), Milliseconds(parse.GetValue(ttl))), parse.GetValue(json), cancellationToken));
        return command.WithExamples(("agentctl fuse extend . --ttl 1h", "an hour from now"));
    }

    private static Command Cancel(Surroundings around)
    {
        var directory = Directory();
        var json = CommonOptions.Json();
        var command = new Command("cancel", "Take a directory's time limit away.") { directory, json };
        command.SetAction((parse, cancellationToken) => Change(
            around, new FuseOrder("cancel", Path.GetFullPath(parse.GetRequiredValue(directory))), parse.GetValue(json), cancellationToken));
        return command.WithExamples(("agentctl fuse cancel .", "nothing happens any more"));
    }

    private static async Task<int> Change(Surroundings around, FuseOrder order, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        return !DaemonNeed.IsServed(api, around, "A fuse needs the daemon, which fires it") ? ExitCode.Failed
            : Tell(around, await api.ChangeFuse(order, cancellationToken), isJson, order);
    }

    private static int Tell(Surroundings around, ApiReply reply, bool isJson, FuseOrder? changed = null)
    {
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var fuses = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.FusesDocument)!;
        WarningLines.Print(around.Terminal, source: null, fuses.Problems, "agentctl fuses --json", isJson);

        if (isJson)
        {
            around.Terminal.Write(JsonIndent.ArrayOf(fuses.Fuses, ApiJson.Readable.FuseRow).Span);
            return ExitCode.Done;
        }

        if (changed is not null)
        {
            var done = changed.Action switch { "set" => "Set", "extend" => "Extended", _ => "Cancelled" };
            around.Terminal.Note($"{done} the fuse of {around.Environment.Tilde(changed.Directory)}.");
        }

        if (changed is { Action: "set", OnExpire: null })
        {
            around.Terminal.Note("It has no --script, --webhook or --event: when it expires, only the log says so.");
        }

        var page = new Page();
        FuseTable.Write(page, fuses.Fuses, around.Look());
        around.Terminal.Write(page);
        return ExitCode.Done;
    }

    private static Argument<string> Directory() => new("dir") { Description = "The directory." };

    private static long? Milliseconds(string? time) => time is not null && Duration.Parse(time) is { } seconds ? (long)(seconds * 1000) : null;
}
