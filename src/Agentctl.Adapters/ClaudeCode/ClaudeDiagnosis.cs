using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What doctor tells of Claude Code.</summary>
internal sealed class ClaudeDiagnosis(AgentEnvironment environment, ClaudePlaces places, Registry registry, Transcripts transcripts, FileTree jobFiles, string? machineId)
{
    public Diagnosis Make(IProcessTable processes, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        return new Diagnosis(
            ClaudeCodeAdapter.AdapterId,
            Program(),
            [
                new DiagnosedPlace(places.Show(places.Root), "configuration (CLAUDE_CONFIG_DIR)", Directory.Exists(places.Root) ? "there" : "absent"),
                new DiagnosedPlace(places.Show(places.Sessions), "registered processes", Registered(processes, problems, cancellationToken)),
                new DiagnosedPlace(places.Show(places.Projects), "transcripts", Counted(transcripts.Scan(cancellationToken), "transcript", problems)),
                new DiagnosedPlace(places.Show(places.Jobs), "background jobs", Counted(jobFiles.Scan(cancellationToken), "job", problems)),
                new DiagnosedPlace(places.Show(places.Roster), "workers of Claude's daemon", File.Exists(places.Roster) ? "there" : "absent"),
            ],
            problems);
    }

    private string Registered(IProcessTable processes, List<string> problems, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(places.Sessions))
        {
            return "absent";
        }

        try
        {
            var look = registry.Look(cancellationToken);
            problems.AddRange(look.Problems);
            var claims = look.Entries.Select(entry => Claim.Check(entry, machineId, processes)).ToList();
            var stale = claims.Where(static claim => claim.Holder == Holder.Gone).ToList();
            if (stale.Count > 0)
            {
                problems.Add($"{stale.Count} registry files are of processes that are gone (killed with -9); they do no harm and may be deleted: " +
                    string.Join(", ", stale.Take(5).Select(claim => places.Show(claim.Entry.Path))) + (stale.Count > 5 ? ", …" : ""));
            }

            return $"{claims.Count(static claim => claim.Holder == Holder.Process)} alive, {stale.Count} stale, {claims.Count(static claim => claim.Holder is Holder.OtherNamespace or Holder.Unreadable)} that cannot be told";
        }
        catch (CannotLookException exception)
        {
            problems.Add(exception.Message);
            return "cannot be read";
        }
    }

    private static string Counted(FileTreeScan scan, string what, List<string> problems)
    {
        problems.AddRange(scan.Problems);
        return scan.Exists ? $"{scan.Files.Count} {what}{(scan.Files.Count == 1 ? "" : "s")}" : "absent";
    }

    private string? Program() => (environment["PATH"] ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(static folder => Path.Combine(folder, "claude"))
        .FirstOrDefault(static path => File.Exists(path));
}
