using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl lock</c>, <c>unlock</c> and <c>locks</c>: who works where (docs/guide/hold-a-directory.md).</summary>
internal static class LockCommand
{
    public static Command Lock(Surroundings around)
    {
        var directory = new Argument<string>("dir") { Description = "The directory." };
        var run = new PassedOn("command") { Description = "After --: held while this runs, and no longer.", Hint = "A command to run under the lock follows --." };
        var by = new Option<string?>("--by") { Description = "Who holds it (default: you).", HelpName = "who" };
        var reason = new Option<string?>("--reason") { Description = "Why.", HelpName = "text" };
        var ttl = CommonOptions.Lifetime("--ttl", "Give it back by itself after this long.");
        var force = new Option<bool>("--force") { Description = "With a command: although somebody else works there." };
        var json = CommonOptions.Json();
        var command = new Command("lock", "Keep agents out of a directory.") { directory, run, by, reason, ttl, force, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var order = new LockOrder(
                Path.GetFullPath(parse.GetRequiredValue(directory)), parse.GetValue(by) ?? Caller(around), parse.GetValue(reason), parse.GetValue(ttl) is { } time ? Duration.Parse(time) : null, ParentPid());
            var words = parse.GetValue(run) ?? [];
            var after = parse.Tokens.SkipWhile(static token => token.Type != TokenType.DoubleDash).Skip(1).Count();
            return words.Length > after ? throw new UsageException($"Unexpected argument: {words[0]}. A command to run under the lock follows --.")
                : words.Length > 0 ? await Hold(around, order, words, parse.GetValue(force), cancellationToken)
                : await Take(around, order, parse.GetValue(json), cancellationToken);
        });
        return command.WithExamples(
            ("agentctl lock . --reason 'by hand' --ttl 2h", "until unlock, or for two hours"),
            ("agentctl lock ~/shop -- make release", "only while make runs, whatever ends it"));
    }

    public static Command Unlock(Surroundings around)
    {
        var directory = new Argument<string>("dir") { Description = "The directory." };
        var json = CommonOptions.Json();
        var command = new Command("unlock", "Release a directory lock.") { directory, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.ReleaseLock(Path.GetFullPath(parse.GetRequiredValue(directory)), cancellationToken);
            return Tell(around, reply, parse.GetValue(json), static row => $"Unlocked {row.Directory}");
        });
        return command.WithExamples(("agentctl unlock .", "agents may work here again"));
    }

    public static Command Locks(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("locks", "Show which directories are held, and by whom.") { json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var api = await around.OpenSessions(cancellationToken);
            var reply = await api.Locks(cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            var locks = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.LocksDocument)!;
            WarningLines.Print(around.Terminal, source: null, locks.Problems, "agentctl locks --json", parse.GetValue(json));

            if (parse.GetValue(json))
            {
                around.Terminal.Write(JsonIndent.ArrayOf(locks.Locks, ApiJson.Readable.LockRow).Span);
                return ExitCode.Done;
            }

            var page = new Page();
            LockTable.Write(page, locks.Locks, around.Look());
            around.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command.WithExamples(("agentctl locks", "every directory that an agent or a person holds"));
    }

    private static async Task<int> Take(Surroundings around, LockOrder order, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        return Tell(around, await api.TakeLock(order, cancellationToken), isJson, static row => $"Locked {row.Directory}");
    }

    /// <summary>The lock is this process's, and the command's as well: it holds until both have ended, whatever kills the one or the other.</summary>
    private static async Task<int> Hold(Surroundings around, LockOrder order, string[] words, bool force, CancellationToken cancellationToken)
    {
        switch (await around.Own().HoldLock(order with { TakerPid = Environment.ProcessId }, string.Join(' ', words), force, cancellationToken))
        {
            case HoldOutcome.NotHeld refused:
                return Problem.Tell(around, refused.Problem.Body);
            case HoldOutcome.Held held:
                using (held.Lease)
                {
                    return await Platform.HoldingChild.Run(words, held.Lease, around.Environment.Variables, cancellationToken);
                }

            default:
                return ExitCode.Failed;
        }
    }

    private static int Tell(Surroundings around, ApiReply reply, bool isJson, Func<LockRow, string> say)
    {
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }
        else
        {
            around.Terminal.WriteLine(say(JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.LockRow)!));
        }

        return ExitCode.Done;
    }

    /// <summary>Who calls, not who started the daemon.</summary>
    private static string Caller(Surroundings around) => around.Environment["USER"] ?? around.Environment["LOGNAME"] ?? Environment.UserName;

    /// <summary>The shell that called: the command itself is gone at once.</summary>
    private static int? ParentPid() => Platform.ProcessTable.Take().Find(Environment.ProcessId)?.ParentPid;
}
