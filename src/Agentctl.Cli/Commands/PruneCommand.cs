using System.CommandLine;
using System.Text;
using System.Text.Json;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary>
/// <c>agentctl prune --legacy --dry-run</c>: what the Node tool left behind. Only showing exists; agentctl itself leaves nothing
/// that would need pruning.
/// </summary>
internal static class PruneCommand
{
    public static Command Create(Surroundings around)
    {
        var legacy = new Option<bool>("--legacy") { Description = "Leftovers of the Node agentctl." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show them." };
        var json = CommonOptions.Json();
        var command = new Command("prune", "Show what the old tools left behind and no living process belongs to.") { legacy, dryRun, json };
        command.SetAction(parse =>
        {
            if (!parse.GetValue(legacy))
            {
                around.Terminal.Note("Nothing to prune: agentctl keeps no records of sessions. What the Node tool left: agentctl prune --legacy --dry-run");
                return ExitCode.Done;
            }

            if (!parse.GetValue(dryRun))
            {
                around.Terminal.Note("This version only shows leftovers and removes none: agentctl prune --legacy --dry-run");
                return ExitCode.Refused;
            }

            return Show(around, parse.GetValue(json));
        });
        return command.WithExamples(("agentctl prune --legacy --dry-run", "files of the Node tool whose process is gone"));
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
            var page = new StringBuilder();
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
