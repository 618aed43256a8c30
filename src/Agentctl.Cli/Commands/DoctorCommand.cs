using System.CommandLine;
using System.Text.Json;
using Agentctl.Cli.Checking;
using Agentctl.Cli.Configuration;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli.Commands;

/// <summary><c>agentctl doctor</c>: what is installed, where each adapter looks, what it finds, what is wrong. Always looks itself, daemon or not.</summary>
internal static class DoctorCommand
{
    public static Command Create(Surroundings around)
    {
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Check this installation, every adapter, and what the old tools left.") { json };
        command.SetAction((parse, cancellationToken) => Execute(around, parse.GetValue(json), cancellationToken));
        return command.WithExamples(("agentctl doctor", "what is wrong here?"), ("agentctl doctor --json", "for a bug report"));
    }

    private static async Task<int> Execute(Surroundings around, bool json, CancellationToken cancellationToken)
    {
        var checks = await MachineChecks.Run(around.Environment, cancellationToken);
        IReadOnlyList<DoctorAdapter> adapters = [];
        try
        {
            await using var service = SessionService.Create(
                new SessionServiceOptions(around.Environment, ConfigFile.LoadReadable(around.Environment, out _), around.Time, Watching: false));
            adapters = await service.Diagnose(cancellationToken);
            checks = [.. checks, .. await AcpRecords(service, cancellationToken)];
        }
        catch (UsageException badConfig)
        {
            around.Terminal.Note(badConfig.Message);
        }

        var leftovers = LegacyLeftovers.Find(around.Environment, ProcessTable.Take(), around.Time.LocalTimeZone, out var unclear);
        var document = new DoctorDocument(BuildStamp.Version, BuildStamp.Runtime, checks, adapters, leftovers);
        if (json)
        {
            around.Terminal.Write(JsonIndent.Of(JsonSerializer.SerializeToUtf8Bytes(document, ApiJson.Readable.DoctorDocument)));
        }
        else
        {
            var page = new Page();
            DoctorPage.Write(page, document, around.Look());
            around.Terminal.Write(page);
        }

        foreach (var problem in unclear)
        {
            around.Terminal.Note($"warning: {PlainText.OneLine(problem)}");
        }

        var isWell = checks.All(check => check.Ok) && adapters.All(adapter => adapter.Problems.Count == 0 && ListSummary.Answered(adapter.Outcome));
        return isWell ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>ACP sessions belong to no adapter; a check for each of their files that cannot be read.</summary>
    private static async Task<IEnumerable<DoctorCheck>> AcpRecords(SessionService service, CancellationToken cancellationToken)
    {
        var reply = await service.AcpSessions(all: true, cancellationToken);
        return reply.IsOk
            ? JsonSerializer.Deserialize(reply.Whole().Span, ApiJson.Default.AcpSessionsDocument)!.Problems.Select(static problem => new DoctorCheck("acp sessions", false, problem))
            : [new DoctorCheck("acp sessions", false, JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ProblemDocument)?.Detail ?? "they cannot be listed")];
    }
}
