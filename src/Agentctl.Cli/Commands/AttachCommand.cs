using System.CommandLine;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl attach</c>: this terminal becomes the agent's own interactive resume of a session.</summary>
internal static class AttachCommand
{
    public static Command Create(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var adapter = CommonOptions.Adapter(around);
        var command = new Command("attach", "Open a session in this terminal, with the agent's own interface.") { session, adapter };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var reference = CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter));
            switch (await around.Own().PlanAttach(reference, cancellationToken))
            {
                case AttachOutcome.NotNow refused:
                    return Problem.Tell(around, refused.Problem.Body, reference);
                case AttachOutcome.Planned plan:
                    // Returns only when it could not.
                    around.Terminal.Note(ProcessImage.Replace(plan.Program, plan.Arguments, plan.Environment, plan.Cwd));
                    return ExitCode.Failed;
                default:
                    return ExitCode.Failed;
            }
        });
        return command.WithExamples(("agentctl attach 2d90595b", "go on with it by hand; it must have ended before"));
    }
}
