using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl stop</c>: through the owner, verified, with what is left over.</summary>
internal static class StopCommand
{
    public static Command Create(Surroundings around)
    {
        var sessions = CommonOptions.Sessions(around);
        var group = new Option<string?>("--group") { Description = "All active sessions of this group.", HelpName = "group" };
        var all = new Option<bool>("--all") { Description = "Everything active that agentctl launched." };
        var timeout = CommonOptions.Duration("--timeout", "How long a session may take to end before it is killed (default 10s).");
        var force = new Option<bool>("--force") { Description = "Kill it at once." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Stop sessions in interactive terminals without asking." };
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var command = new Command("stop", "Stop sessions, each through whoever owns it.") { sessions, group, all, timeout, force, yes, adapter, json };
        command.SetAction(async (parse, outer) =>
        {
            var named = parse.GetValue(sessions) ?? [];
            if (named.Length == 0 && parse.GetValue(group) is null && !parse.GetValue(all))
            {
                throw new UsageException("Specify sessions: agentctl stop <session>…, --group NAME, or --all");
            }

            using var interrupt = new Interrupt(outer);
            var order = new StopOrder(
                [.. named.Select(session => CommonOptions.Reference(session, parse.GetValue(adapter)))],
                parse.GetValue(group),
                parse.GetValue(all),
                parse.GetValue(timeout) is { } time ? Duration.Parse(time) : null,
                parse.GetValue(force),
                parse.GetValue(yes));
            try
            {
                return await Execute(around, order, parse.GetValue(json), interrupt.Token);
            }
            catch (OperationCanceledException)
            {
                around.Terminal.Note("Interrupted before the end was verified. Sessions that agentctl launched are still being stopped in the background. See: agentctl list");
                return ExitCode.Interrupted;
            }
        });
        return command.WithExamples(
            ("agentctl stop 2d90595b", "asked first, killed after 10 s"),
            ("agentctl stop --group g-1a2b3c --timeout 30s", "several at once, with more time"),
            ("agentctl stop 2d90595b --force", "kill -9 of it and all it started"));
    }

    private static async Task<int> Execute(Surroundings around, StopOrder order, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        var reply = await api.Stop(order, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, order.Sessions.Count == 1 ? order.Sessions[0] : null);
        }

        var stopped = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.StopDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
            return CodeOf(stopped.Results);
        }

        var unconsented = stopped.Results.Where(static result => result.Outcome == StopOutcomes.NeedsConsent).ToList();
        var isAsked = unconsented.Count > 0 && around.Terminal.Error.IsTerminal && !Console.IsInputRedirected;
        var page = new Page();

        // What the question names is not printed a second time.
        foreach (var result in isAsked ? stopped.Results.Except(unconsented) : stopped.Results)
        {
            StopPage.Write(page, result, around.Look());
        }

        around.Terminal.Write(page);
        if (stopped.Results.Count == 0)
        {
            around.Terminal.Note("Nothing that agentctl launched is active.");
        }

        if (!isAsked)
        {
            return CodeOf(stopped.Results);
        }

        if (!Consents(around, unconsented))
        {
            around.Terminal.Note($"Not stopped: {string.Join(", ", unconsented.Select(static result => PlainText.OneLine(result.Session)))}");
            return CodeOf(stopped.Results);
        }

        var consented = await Execute(around, order with { Sessions = [.. unconsented.Select(static result => result.Session)], Group = null, All = false, Consent = true }, isJson, cancellationToken);
        return Math.Max(consented, CodeOf(stopped.Results.Except(unconsented)));
    }

    private static bool Consents(Surroundings around, List<StopResult> unconsented)
    {
        foreach (var result in unconsented)
        {
            around.Terminal.Note($"{result.Session}: {PlainText.OneLine(result.Detail)}");
        }

        around.Terminal.Note($"Stop {(unconsented.Count == 1 ? "it" : "them")} anyway? [y/N]");
        return TerminalLine.Read(TerminalLine.StandardInput, CancellationToken.None) is "y" or "Y" or "yes";
    }

    private static int CodeOf(IEnumerable<StopResult> results) => results.Select(static result => CodeOf(result.Outcome)).DefaultIfEmpty(ExitCode.Done).Max();

    private static int CodeOf(string outcome) => outcome switch
    {
        StopOutcomes.Stopped or StopOutcomes.Interrupted or StopOutcomes.AlreadyStopped => ExitCode.Done,
        StopOutcomes.NotFound => ExitCode.NotFound,
        StopOutcomes.NeedsConsent or StopOutcomes.Refused => ExitCode.Refused,
        StopOutcomes.Unclear => ExitCode.Usage,
        _ => ExitCode.Failed,
    };
}
