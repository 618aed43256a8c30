using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl approvals</c>: questions that agents ask before they may go on.</summary>
internal static class ApprovalsCommand
{
    public static Command Create(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("approvals", "Show who waits for you, and what for; answer what can be answered here.")
        {
            json,
            Answer(around, "allow", "Allow what an agent asks for.", allow: true, ("agentctl approvals allow 5c1f", "this once"), ("agentctl approvals allow 5c1f --always", "and this tool from now on, in this session")),
            Answer(around, "deny", "Refuse what an agent asks for.", allow: false, ("agentctl approvals deny 5c1f", "it goes on without")),
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.Approvals(cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
                return ExitCode.Done;
            }

            var page = new Page();
            ApprovalsPage.Write(page, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ApprovalsDocument)!, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl approvals", "all who wait"), ("agentctl approvals allow 5c1f", "answer one"));
    }

    private static Command Answer(Surroundings around, string name, string description, bool allow, params (string, string)[] examples)
    {
        var id = new Argument<string>("id") { HelpName = "id", Description = "Of the question, or a unique prefix of it." };
        var always = new Option<bool>("--always") { Description = "From now on in this session: this tool by its name, else its kind." };
        var json = CommonOptions.Json();
        var command = new Command(name, description) { id, always, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.AnswerApproval(new ApprovalOrder(parse.GetRequiredValue(id), allow, parse.GetValue(always)), cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
                return ExitCode.Done;
            }

            var answered = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ApprovalRow)!;
            around.Terminal.WriteLine($"{(allow ? "Allowed" : "Refused")}: {answered.Session}: {answered.Tool}: {answered.Title}");
            return ExitCode.Done;
        });
        return command.WithExamples(examples);
    }
}
