using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary>
/// <c>agentctl prune</c>: takes away what is past its expiry, as the daemon does every hour; with --legacy shows what the Node tool
/// left behind.
/// </summary>
internal static class PruneCommand
{
    public static Command Create(Surroundings around)
    {
        var legacy = new Option<bool>("--legacy") { Description = "Leftovers of the Node agentctl." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would go, and why." };
        var json = CommonOptions.Json();
        var command = new Command("prune", "Remove expired data: ended launches, old output, expired locks.") { legacy, dryRun, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!parse.GetValue(legacy))
            {
                return await Prune(around, parse.GetValue(dryRun), parse.GetValue(json), cancellationToken);
            }

            if (!parse.GetValue(dryRun))
            {
                around.Terminal.Note("This version only shows leftovers and removes none: agentctl prune --legacy --dry-run");
                return ExitCode.Refused;
            }

            return Show(around, parse.GetValue(json));
        });
        return command.WithExamples(
            ("agentctl prune --dry-run", "what would go, with the evidence"),
            ("agentctl prune --legacy --dry-run", "files of the Node tool whose process is gone"));
    }

    private static async Task<int> Prune(Surroundings around, bool dryRun, bool isJson, CancellationToken cancellationToken)
    {
        var api = await around.OpenSessions(cancellationToken);
        var reply = await api.Prune(dryRun, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Body);
        }

        var pruned = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.PruneDocument)!;
        if (isJson)
        {
            around.Terminal.Write(JsonIndent.Of(reply.Body.Span));
        }
        else
        {
            var page = new Page();
            PrunePage.Write(page, pruned, around.Look());
            around.Terminal.Write(page);
        }

        foreach (var problem in pruned.Problems.Concat(pruned.Notes ?? []))
        {
            around.Terminal.Note($"warning: {PlainText.OneLine(problem)}");
        }

        return pruned.Problems.Count > 0 ? ExitCode.Partial : ExitCode.Done;
    }

    private static int Show(Surroundings around, bool json)
    {
        var found = LegacyLeftovers.Find(around.Environment, ProcessTable.Take(), around.Time.LocalTimeZone, out var problems);
        if (json)
        {
            around.Terminal.Write(JsonIndent.Of(JsonSerializer.SerializeToUtf8Bytes(found, ApiJson.Readable.IReadOnlyListLegacyLeftover)));
        }
        else
        {
            var page = new Page();
            LeftoverTable.Write(page, found, around.Look());
            around.Terminal.Write(page);
        }

        foreach (var problem in problems)
        {
            around.Terminal.Note($"warning: {PlainText.OneLine(problem)}");
        }

        return problems.Count > 0 ? ExitCode.Partial : ExitCode.Done;
    }
}
