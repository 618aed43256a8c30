using System.CommandLine;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl resume</c>: goes on with a session that has ended, under the same id.</summary>
internal sealed class ResumeCommand
{
    private const string GoOn = "Go on.";

    private readonly Surroundings around;
    private readonly LaunchOptions options = new();
    private readonly Argument<string?> session = new("session") { HelpName = "session", Description = "An id, any unique prefix of it, or <adapter>/<id>.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Argument<string?> message = new("message") { Description = "What to say; - reads it from stdin.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> adapter;
    private readonly Option<bool> rebooted = new("--rebooted") { Description = "The sessions that a reboot ended: list them, and with --yes resume them." };
    private readonly Option<bool> yes = new("--yes", "-y") { Description = "With --rebooted: do it." };

    private ResumeCommand(Surroundings around)
    {
        this.around = around;
        adapter = CommonOptions.Adapter(around);
        session.CompletionSources.Add(_ => Completion.SessionIds.Of(around));
    }

    public static Command Create(Surroundings around)
    {
        var resume = new ResumeCommand(around);
        var command = new Command("resume", "Resume a session that has ended, in its own directory.") { resume.session, resume.message, resume.adapter, resume.rebooted, resume.yes };
        resume.options.AddTo(command);
        command.SetAction(resume.Execute);
        return command.WithExamples(
            ("agentctl resume 2d90595b 'Now the docs'", "the same conversation, in the background"),
            ("agentctl resume 2d90595b --wait - < next.md", "shown until it ends"),
            ("agentctl resume --rebooted", "what a reboot ended"));
    }

    private async Task<int> Execute(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(rebooted))
        {
            return await Rebooted(parse, cancellationToken);
        }

        if (options.Words(parse, session, message).Own is not [var id, { Length: > 0 } said])
        {
            throw new UsageException("Specify a session and a message: agentctl resume <session> <message>");
        }

        var order = options.Order(parse) with
        {
            Resumes = CommonOptions.Reference(id, parse.GetValue(adapter)),
            Prompt = PromptText.Read(said, cancellationToken),
        };
        return await new LaunchRun(around, parse.GetValue(options.Json), parse.GetValue(options.Wait)).Run(order, cancellationToken);
    }

    private async Task<int> Rebooted(ParseResult parse, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        var reply = await api.List(new ListQuery(All: true, ShortIds: true), cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var list = SessionList.ReadTable(reply.Whole());
        var rows = Enumerable.Range(0, list.Rows.Count).Select(index => (Row: list.Row(index), ShortId: list.ShortIds?[index] ?? list.Row(index).Id))
            .Where(static one => one.Row.Reason == Reasons.Reboot).ToList();
        if (rows.Count == 0)
        {
            around.Terminal.WriteLine("No session was ended by a reboot.");
            return ExitCode.Done;
        }

        if (!parse.GetValue(yes))
        {
            var page = new Page();
            SessionTable.Write(page, rows, around.Look());
            around.Terminal.Write(page);
            around.Terminal.Note("To go on with all of them: agentctl resume --rebooted --yes; with one: agentctl resume <session> <message>");
            return ExitCode.Done;
        }

        var worst = ExitCode.Done;
        foreach (var (row, _) in rows)
        {
            var order = options.Order(parse) with { Resumes = $"{row.Adapter}/{row.Id}", Prompt = parse.GetValue(message) ?? parse.GetValue(session) ?? GoOn };
            worst = Math.Max(worst, await new LaunchRun(around, parse.GetValue(options.Json), waits: false).Run(order, cancellationToken));
        }

        return worst;
    }
}
