using System.CommandLine;
using System.Text;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl sessions</c>: conversations with ACP agents, which stay open while no agent runs.</summary>
internal static class SessionsCommand
{
    public static Command Create(Surroundings around)
    {
        var command = new Command("sessions", "Conversations with ACP agents: they stay open while no agent runs.")
        {
            Make(around, "new", "Begin a session; the open one of the same agent, directory and name is closed.", ensure: false,
                ("agentctl sessions new -a claude", "for this directory"), ("agentctl sessions new -a codex -s review --oneshot", "closed when its agent has ended")),
            Make(around, "ensure", "The open session of this directory or one above, or a new one.", ensure: true,
                ("agentctl sessions ensure -a claude -s review", "as often as you like")),
            List(around),
            One(around, "show", "Show everything about a session.", static (api, reference, token) => api.AcpSession(reference, token), ("agentctl sessions show 0k3n8v4w2r7p", "its agent, its settings, how its agent ended")),
            One(around, "close", "Close a session and end its agent; its history stays.", static (api, reference, token) => api.CloseAcpSession(reference, token), ("agentctl sessions close review", "by its name")),
            History(around),
            Watch(around),
            Result(around),
            Set(around),
            Prune(around),
        };
        command.WithExamples(
            ("agentctl sessions new -a claude", "begin one here"),
            ("agentctl prompt -a claude 'Fix the tests'", "say something to it"),
            ("agentctl sessions list", "what is open"));
        return command;
    }

    private const string ListAll = "agentctl sessions list --all";

    private static Argument<string> Session() => new("session") { HelpName = "session", Description = "An id or a unique prefix of it, the agent's own id, or a name." };

    private static Command Make(Surroundings around, string name, string description, bool ensure, params (string, string)[] examples)
    {
        var acp = new AcpOptions(around);
        var oneShot = new Option<bool>("--oneshot") { Description = "It is closed when its agent has ended, whoever ended it." };
        var resume = new Option<string?>("--resume", "--resume-session") { Description = "Go on with a session of the agent's own, by its id.", HelpName = "id" };
        var json = CommonOptions.Json();
        var command = new Command(name, description) { oneShot, resume };
        AcpOptions.AddTo(command, acp.Agent, acp.Name, acp.Cwd, acp.Model, acp.Mode, acp.ConfigOption, acp.Ttl, acp.AddDir, acp.NoFs, acp.NoTerminal);
        acp.AddPolicy(command);
        command.Options.Add(json);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var order = acp.Session(parse) with { Ensure = ensure, Mode = parse.GetValue(oneShot) ? AcpModes.OneShot : null, Resume = parse.GetValue(resume) };
            var reply = await api.NewAcpSession(order, cancellationToken);
            if (!reply.IsOk || parse.GetValue(json))
            {
                return Tell(around, reply, null);
            }

            var made = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.AcpSessionDocument)!;
            around.Terminal.Write($"{made.Id}{(made.Replaced is { } old ? $"\t(replaced {old})" : ensure ? made.Created == true ? "\t(created)" : "\t(existing)" : "")}\n");
            around.Terminal.Note($"[agentctl] {made.Agent} session {made.SessionId} · {around.Environment.Tilde(made.Cwd)} · {made.Mode} · {made.Permissions}");
            return ExitCode.Done;
        });
        return command.WithExamples(examples);
    }

    private static Command List(Surroundings around)
    {
        var all = new Option<bool>("--all") { Description = "Closed ones too." };
        var json = CommonOptions.Json();
        var command = new Command("list", "Show open sessions.") { all, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.AcpSessions(parse.GetValue(all), cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            var document = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.AcpSessionsDocument)!;
            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.ArrayOf(document.Sessions, ApiJson.Readable.AcpSessionDocument).Span);
            }
            else
            {
                var page = new Page();
                AcpSessionPage.Table(page, document.Sessions, around.Look());
                around.Terminal.Write(page);
            }

            WarningLines.Print(around.Terminal, source: null, document.Problems, "agentctl sessions list --json", parse.GetValue(json));
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl sessions list", "what is open"), ("agentctl sessions list --all --json", "everything that is kept"));
    }

    private static Command One(
        Surroundings around, string name, string description, Func<IAgentctlApi, string, CancellationToken, Task<ApiReply>> ask, params (string, string)[] examples)
    {
        var session = Session();
        var json = CommonOptions.Json();
        var command = new Command(name, description) { session, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reference = parse.GetRequiredValue(session);
            var reply = await ask(api, reference, cancellationToken);
            if (!reply.IsOk || parse.GetValue(json))
            {
                return Tell(around, reply, reference);
            }

            var page = new Page();
            AcpSessionPage.Write(page, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.AcpSessionDocument)!, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(examples);
    }

    private static Command History(Surroundings around)
    {
        var session = Session();
        var limit = new Option<int>("--limit", "-n") { Description = "How many of the newest entries; 0 = all.", HelpName = "n", DefaultValueFactory = static _ => 20 };
        var json = CommonOptions.Json();
        var command = new Command("history", "Show what was said.") { session, limit, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reference = parse.GetRequiredValue(session);
            var reply = await api.AcpHistory(reference, parse.GetValue(limit) is > 0 and var last ? last : null, cancellationToken);
            if (!reply.IsOk || parse.GetValue(json))
            {
                return Tell(around, reply, reference);
            }

            var history = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.AcpHistoryDocument)!;
            var page = new Page();
            page.Append($"session: {history.SessionId ?? history.Id} ({history.Entries.Count}/{history.Count} shown)\n");
            foreach (var entry in history.Entries)
            {
                page.Append($"{entry.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}\t{entry.Role}\t{PlainText.OneLine(entry.Text)}\n");
            }

            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl sessions history review -n 4", "the last four entries"));
    }

    private static Command Watch(Surroundings around)
    {
        var session = Session();
        var cursor = new Option<string?>("--cursor") { Description = "Go on after this cursor, without a gap.", HelpName = "cursor" };
        var json = new Option<bool>("--json") { Description = "Print JSON; it always does." };
        var command = new Command("watch", "Replay a session and follow it, one JSON object a line, until Ctrl-C.") { session, cursor, json };
        command.SetAction(async (parse, outer) =>
        {
            using var interrupt = new Interrupt(outer);
            var after = parse.GetValue(cursor);
            return await new Follower(around, ListAll).Run(
                (api, token) => api.WatchAcp(parse.GetRequiredValue(session), after, null, token),
                part =>
                {
                    around.Terminal.Write([.. part.Span, (byte)'\n']);

                    // What is read in this process comes as many lines at a time.
                    var lines = part.Span.TrimEnd((byte)'\n');
                    after = JsonSerializer.Deserialize(lines[(lines.LastIndexOf((byte)'\n') + 1)..], ApiJson.Default.AcpEvent)!.Cursor;
                },
                parse.GetRequiredValue(session),
                interrupt.Token);
        });
        return command.WithExamples(("agentctl sessions watch review", "from its beginning"));
    }

    private static Command Result(Surroundings around)
    {
        var request = new Argument<string>("prompt") { HelpName = "prompt", Description = "What prompt --no-wait printed." };
        var wait = new Option<bool>("--wait") { Description = "Only when it is over." };
        var json = CommonOptions.Json();
        var command = new Command("result", "Show what came of a prompt.") { request, wait, json };
        command.SetAction((parse, cancellationToken) => Result(around, parse.GetRequiredValue(request), parse.GetValue(wait), parse.GetValue(json), cancellationToken));
        return command.WithExamples(("agentctl sessions result 0k3n8v4w2r7p.4f2a9cm3x8qt --wait", "the answer, as soon as there is one"));
    }

    /// <summary>The answer on stdout; the exit code is the turn's.</summary>
    public static async Task<int> Result(Surroundings around, string requestId, bool wait, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        var reply = await api.PromptResult(requestId, wait, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var result = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.PromptResultDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }
        else
        {
            if (result.Text is { Length: > 0 } text)
            {
                // To a file or a pipe as the agent wrote it, to a person only what can be seen.
                var answer = text.TrimEnd('\n') + "\n";
                around.Terminal.Write(Encoding.UTF8.GetBytes(around.Terminal.Output.IsTerminal ? PlainText.Block(answer) : answer));
            }

            around.Terminal.Note($"[agentctl] {result.Status}{(result.StopReason is { } reason ? $" ({reason})" : "")}{(result.Problem is { } problem ? $": {PlainText.OneLine(problem)}" : "")}");
        }

        return EndCode.Of(result);
    }

    private static Command Set(Surroundings around)
    {
        var session = Session();
        var key = new Argument<string>("key") { Description = "mode, model, or an option of the agent's." };
        var value = new Argument<string>("value") { Description = "What it is to be." };
        var json = CommonOptions.Json();
        var command = new Command("set", "Set a session's mode, model, or an option.") { session, key, value, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var (name, wanted) = (parse.GetRequiredValue(key), parse.GetRequiredValue(value));
            var order = name switch { "mode" => new AcpSetOrder(ModeId: wanted), "model" => new AcpSetOrder(Model: wanted), _ => new AcpSetOrder(Option: name, Value: wanted) };
            var reply = await api.SetAcp(parse.GetRequiredValue(session), order, cancellationToken);
            if (!reply.IsOk || parse.GetValue(json))
            {
                return Tell(around, reply, parse.GetRequiredValue(session));
            }

            around.Terminal.WriteLine($"{name} set: {PlainText.OneLine(wanted)}");
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl sessions set review model opus", "from the next prompt on, and whichever agent goes on"));
    }

    private static Command Prune(Surroundings around)
    {
        var acp = new AcpOptions(around);
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would go." };
        var days = new Option<double?>("--older-than") { Description = "Only those closed for so many days.", HelpName = "days" };
        var json = CommonOptions.Json();
        var command = new Command("prune", "Remove closed sessions and their history.") { dryRun, days };
        AcpOptions.AddTo(command, acp.Agent);
        command.Options.Add(json);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.PruneAcp(new AcpPruneOrder(parse.GetValue(dryRun), parse.GetValue(days), parse.GetValue(acp.Agent)), cancellationToken);
            if (!reply.IsOk || parse.GetValue(json))
            {
                return Tell(around, reply, null);
            }

            var page = new Page();
            PrunePage.Write(page, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.PruneDocument)!, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl sessions prune --older-than 1 --dry-run", "what would go"));
    }

    private static int Tell(Surroundings around, ApiReply reply, string? reference)
    {
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, reference, ListAll);
        }

        around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        return ExitCode.Done;
    }
}
