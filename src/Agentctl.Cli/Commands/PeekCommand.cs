using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl peek</c> and <c>agentctl logs</c>: the newest entries of a conversation, short or whole.</summary>
internal static class PeekCommand
{
    /// <summary>Lines that <c>peek</c> shows of one entry.</summary>
    private const int LongestEntry = 20;

    public static Command Peek(Surroundings around) =>
        Create(around, "peek", "Show the newest entries of a session's conversation, long ones cut.", 20, LongestEntry).WithExamples(
            ("agentctl peek 2d90595b", "the last 20 entries"),
            ("agentctl peek 2d90595b -n 3 --role assistant", "the last three answers"),
            ("agentctl peek 2d90595b -f", "and go on as it goes on"));

    public static Command Logs(Surroundings around) =>
        Create(around, "logs", "Show the newest entries of a session's conversation, whole.", 50, null).WithExamples(
            ("agentctl logs 2d90595b -n 0", "everything that was said"),
            ("agentctl logs 2d90595b -f --json", "follow, one JSON object per line"));

    private static Command Create(Surroundings around, string name, string description, int entries, int? longest)
    {
        var session = CommonOptions.Session(around);
        var adapter = CommonOptions.Adapter(around);
        var json = CommonOptions.Json();
        var last = new Option<int>("--lines", "-n") { Description = "How many entries; 0 = all.", HelpName = "n", DefaultValueFactory = _ => entries };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with new entries as they come, until Ctrl-C." };
        var role = new Option<string?>("--role") { Description = "Only entries of user, assistant, tool or system.", HelpName = "role" };
        role.OneOf("user", "assistant", "tool", "system");
        last.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var value) && value >= 0))
            {
                result.AddError($"Not a number of entries: {token.Value}.");
            }
        });
        var command = new Command(name, description) { session, last, follow, role, adapter, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var interrupt = parse.GetValue(follow) ? new Interrupt(cancellationToken) : null;
            return await Execute(
                around,
                CommonOptions.Reference(parse.GetRequiredValue(session), parse.GetValue(adapter)),
                new TranscriptQuery(parse.GetValue(last) is > 0 and var wanted ? wanted : null, parse.GetValue(role), parse.GetValue(follow)),
                parse.GetValue(json),
                longest,
                interrupt?.Token ?? cancellationToken);
        });
        return command;
    }

    private static async Task<int> Execute(
        Surroundings around, string reference, TranscriptQuery query, bool json, int? longest, CancellationToken cancellationToken)
    {
        if (query.Follow)
        {
            return await Follow(around, reference, query, json, longest, cancellationToken);
        }

        var sessions = await around.OpenSessions(cancellationToken);
        var reply = await sessions.Transcript(reference, query, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Problem, reference);
        }

        if (json)
        {
            var entries = new List<ReadOnlyMemory<byte>>();
            await foreach (var part in reply.Parts.WithCancellation(cancellationToken))
            {
                entries.Add(part.ToArray());
            }

            around.Terminal.Write(JsonIndent.ArrayOf(entries).Span);
            return ExitCode.Done;
        }

        var text = new TranscriptPage(around.Look(), longest);
        await foreach (var part in reply.Parts.WithCancellation(cancellationToken))
        {
            var page = new Page();
            text.Write(page, JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!);
            around.Terminal.Write(page);
        }

        return ExitCode.Done;
    }

    private static Task<int> Follow(Surroundings around, string reference, TranscriptQuery query, bool json, int? longest, CancellationToken cancellationToken)
    {
        var text = new TranscriptPage(around.Look(), longest);
        var shown = new ShownEntries();
        return new Follower(around).Run(
            (api, token) => api.Transcript(reference, shown.Begin() ? query : query with { Last = null }, token),
            part =>
            {
                var entry = JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!;
                if (!shown.Adds(entry.Cursor))
                {
                    return;
                }

                if (json)
                {
                    around.Terminal.Write([.. part.Span, (byte)'\n']);
                    return;
                }

                var page = new Page();
                text.Write(page, entry);
                around.Terminal.Write(page);
            },
            reference,
            cancellationToken);
    }
}
