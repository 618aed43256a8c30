using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl explain</c>: why a session is told to be what it is.</summary>
internal static class ExplainCommand
{
    public static Command Create(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var command = new Command("explain", "Show every piece of evidence for a session's state, and which one decided.") { session, adapter, json };
        command.SetAction((parse, cancellationToken) =>
            Execute(around, CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter)), parse.GetValue(json), cancellationToken));
        return command.WithExamples(
            ("agentctl explain 2d90595b", "why is it said to be idle?"),
            ("agentctl explain 2d90595b --json", "the same, for scripts"));
    }

    private static async Task<int> Execute(Surroundings around, string reference, bool json, CancellationToken cancellationToken)
    {
        var sessions = await around.OpenSessions(cancellationToken);
        var reply = await sessions.Explain(reference, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, reference);
        }

        if (json)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
            return ExitCode.Done;
        }

        var page = new Page();
        ExplainPage.Write(page, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ExplainDocument)!, around.Look());
        around.Terminal.Write(page);
        return ExitCode.Done;
    }
}
