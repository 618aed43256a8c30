using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl wait</c>: until sessions have ended, rest, or need a human.</summary>
internal static class WaitCommand
{
    public static Command Create(Surroundings around)
    {
        var sessions = CommonOptions.Sessions(around);
        var any = new Option<bool>("--any") { Description = "One of them is enough." };
        var all = new Option<bool>("--all") { Description = "All of them; this is the default." };
        var goal = new Option<string>("--for") { Description = "stopped (any end), idle (no turn in progress) or waiting (needs a human); an end counts for each.", HelpName = "state", DefaultValueFactory = static _ => "stopped" };
        goal.OneOf("stopped", "idle", "waiting");
        var timeout = CommonOptions.Duration("--timeout", "Give up after this long; exit code 3.");
        var group = new Option<string?>("--group") { Description = "All sessions of this group; those that have ended count too.", HelpName = "group" };
        var json = CommonOptions.Json();
        var command = new Command("wait", "Wait until sessions end, become idle, or need input.") { sessions, any, all, goal, timeout, group, json };
        command.SetAction(async (parse, outer) =>
        {
            var named = parse.GetValue(sessions) ?? [];
            if (named.Length == 0 && parse.GetValue(group) is null)
            {
                throw new UsageException("Specify sessions: agentctl wait <session>…, or --group NAME");
            }

            if (parse.GetValue(any) && parse.GetValue(all))
            {
                throw new UsageException("--any and --all cannot be combined.");
            }

            using var interrupt = new Interrupt(outer);
            if (named is [var prompt] && prompt.Split('.') is [{ Length: LaunchId.Length } session, { Length: 6 or LaunchId.Length }] && LaunchId.IsOne(session))
            {
                return await SessionsCommand.Result(around, prompt, wait: true, parse.GetValue(json), interrupt.Token);
            }

            var order = new WaitOrder(named, parse.GetValue(goal)!, parse.GetValue(any), parse.GetValue(timeout) is { } time ? Duration.Parse(time) : null, parse.GetValue(group));
            return await Execute(around, order, parse.GetValue(json), interrupt.Token);
        });
        return command.WithExamples(
            ("agentctl wait 2d90595b", "until it has ended; exit code 1 when badly"),
            ("agentctl wait 2d90595b 7f31c0aa --any --timeout 10m", "the first of two"),
            ("agentctl wait 2d90595b --for waiting", "until it needs you"));
    }

    private static async Task<int> Execute(Surroundings around, WaitOrder order, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        var reply = await api.Wait(order, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, order.Sessions.Count == 1 ? order.Sessions[0] : null);
        }

        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }

        var waited = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.WaitDocument)!;
        var worst = ExitCode.Done;
        for (var i = 0; i < waited.Sessions.Count; i++)
        {
            var row = waited.Sessions[i];
            if (!isJson && (waited.Reached[i] || waited.TimedOut))
            {
                around.Terminal.WriteLine($"{Glyph.Shape(row)} {row.Status}{(row.Reason is { } reason ? $" ({reason})" : "")}  {row.Adapter}/{row.Id}");
            }

            if (waited.Reached[i])
            {
                worst = Math.Max(worst, EndCode.Of(row.Status, row.Reason, whileAlive: ExitCode.Done));
            }
        }

        if (waited.TimedOut)
        {
            around.Terminal.Note($"Timed out: {waited.Reached.Count(static reached => reached)} of {waited.Sessions.Count} sessions reached the state.");
            return ExitCode.TimedOut;
        }

        return worst;
    }
}
