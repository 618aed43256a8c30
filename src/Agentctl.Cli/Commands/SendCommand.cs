using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl send</c> and <c>agentctl cancel</c>: to a session that lives, through the way it has.</summary>
internal static class SendCommand
{
    public static Command Send(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var text = new Argument<string>("text") { Description = "What to say; - reads it from stdin." };
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var command = new Command("send", "Say something to a session that runs.") { session, text, adapter, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var said = PromptText.Read(parse.GetRequiredValue(text), cancellationToken);
            var reference = CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter));
            var api = await around.OpenSessions(cancellationToken);
            return Tell(around, await api.Send(reference, new SendOrder(said), cancellationToken), reference, parse.GetValue(json));
        });
        return command.WithExamples(("agentctl send 2d90595b 'Also the tests'", "to one launched with --open, or held by the Codex daemon"));
    }

    public static Command Cancel(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var command = new Command("cancel", "Interrupt a session's turn; the session goes on.") { session, adapter, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var reference = CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter));
            var api = await around.OpenSessions(cancellationToken);
            return Tell(around, await api.Cancel(reference, cancellationToken), reference, parse.GetValue(json));
        });
        return command.WithExamples(("agentctl cancel 2d90595b", "it stops what it is doing, and waits for you"));
    }

    private static int Tell(Surroundings around, ApiReply reply, string reference, bool isJson)
    {
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, reference);
        }

        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
            return ExitCode.Done;
        }

        var done = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ActionDocument)!;
        around.Terminal.WriteLine($"{done.Session}: {PlainText.OneLine(done.Detail)}");
        around.Terminal.Aside($"asked {done.Asked}");
        return ExitCode.Done;
    }
}
