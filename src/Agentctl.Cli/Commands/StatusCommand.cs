using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl status</c>: one session. With --json the same object as its row of <c>list -a --json</c>.</summary>
internal static class StatusCommand
{
    public static Command Create(Surroundings around)
    {
        var session = CommonOptions.Session(around);
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var hooks = new Option<bool>("--hooks") { Description = "With --json: also print the exit codes and output of the launch's hooks, as \"hooks\"." };
        var command = new Command("status", "Show one session, with its exact token count.") { session, adapter, json, hooks };
        command.SetAction((parse, cancellationToken) =>
            Execute(around, CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter)), parse.GetValue(json), parse.GetValue(hooks), cancellationToken));
        return command.WithExamples(
            ("agentctl status 2d90595b", "by a prefix of its id"),
            ("agentctl status codex/01a1fbb7 --json", "for scripts"));
    }

    private static async Task<int> Execute(Surroundings around, string reference, bool json, bool withHooks, CancellationToken cancellationToken)
    {
        var sessions = await around.OpenSessions(cancellationToken);
        var reply = await sessions.Status(reference, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body, reference);
        }

        if (json)
        {
            return withHooks ? await WriteWithHooks(around, sessions, reply.Body, cancellationToken) : Written(around, reply.Body.Span);
        }

        var row = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.SessionRow)!;
        var usage = await sessions.Usage($"{row.Adapter}/{row.Id}", cancellationToken);
        var page = new Page();
        var exact = usage.IsOk ? JsonSerializer.Deserialize(usage.Body.Span, ApiJson.Default.UsageDocument)!.Tokens : null;
        StatusPage.Write(page, row, exact, around.Look());
        if (row.Meta.ContainsKey("launch") && await sessions.Hooks($"{row.Adapter}/{row.Id}", cancellationToken) is { IsOk: true } hooks)
        {
            HookPage.Write(page, JsonSerializer.Deserialize(hooks.Body.Span, ApiJson.Default.HooksDocument)!.Hooks, around.Look());
        }

        around.Terminal.Write(page);
        if (!usage.IsOk)
        {
            Problem.Tell(around, usage.Body);
        }

        return ExitCode.Done;
    }

    private static int Written(Surroundings around, ReadOnlySpan<byte> json)
    {
        around.Terminal.Write(JsonIndent.Of(json));
        return ExitCode.Done;
    }

    /// <summary>The row with one key more. Without the option it stays equal to the row of <c>list</c>.</summary>
    private static async Task<int> WriteWithHooks(Surroundings around, IAgentctlApi sessions, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var row = JsonSerializer.Deserialize(body.Span, ApiJson.Default.SessionRow)!;
        IReadOnlyList<HookResult> hooks = [];
        if (row.Meta.ContainsKey("launch"))
        {
            var reply = await sessions.Hooks($"{row.Adapter}/{row.Id}", cancellationToken);
            if (!reply.IsOk)
            {
                return Problem.Tell(around, reply.Body);
            }

            hooks = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.HooksDocument)!.Hooks;
        }

        var end = body.Span.LastIndexOf((byte)'}');
        return Written(around, [.. body.Span[..end], .. ",\"hooks\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(hooks, ApiJson.Readable.IReadOnlyListHookResult), (byte)'}']);
    }
}
