using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Codex;

/// <summary>What doctor tells of Codex.</summary>
internal static class CodexDiagnosis
{
    public static Diagnosis Of(string adapter, CodexPlaces places, Rollouts rollouts, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var found = new List<DiagnosedPlace>();
        var exists = Found(places.Home, "Codex home (CODEX_HOME)", () => places.Exists() ? "there" : null);
        if (exists)
        {
            var counts = (Plain: 0, Compressed: 0, Archived: 0);
            Found(places.Sessions, "rollouts, one per thread", () =>
            {
                counts = rollouts.Count(cancellationToken);
                return Directory.Exists(places.Sessions) ? $"{counts.Plain} rollouts, {counts.Compressed} compressed" : null;
            });
            Found(places.Archived, "archived rollouts", () => Directory.Exists(places.Archived) ? $"{counts.Archived} rollouts" : null);
            Found(places.Locks, "locks of loaded threads", () => Directory.Exists(places.Locks) ? Locks(places) : null);
            Found(Path.Combine(places.Sqlite, "state_*.sqlite"), "index of threads", () => places.Database("state") is { } path ? Path.GetFileName(path) : null);
            Found(
                Path.Combine(places.Sqlite, "thread_history_*.sqlite"), "turns of threads",
                () => places.Database("thread_history") is { } path ? Path.GetFileName(path) : null);
            Found(places.DaemonPid, "the Codex daemon's pid file", () => CodexDaemon.Read(places.DaemonPid) is { } daemon ? $"pid {daemon.Pid}" : null);
            if (counts.Compressed > 0 && !Zstandard.IsAvailable)
            {
                problems.Add($"{counts.Compressed} rollouts are compressed and libzstd.so.1 is not installed: their transcripts cannot be shown. Install it (Debian: apt install libzstd1).");
            }
        }

        return new Diagnosis(adapter, places.Program(), found, problems);

        bool Found(string path, string what, Func<string?> look)
        {
            try
            {
                var answer = look();
                found.Add(new DiagnosedPlace(places.Shown(path), what, answer ?? "absent"));
                return answer is not null;
            }
            catch (Exception problem) when (problem is CannotLookException or IOException or UnauthorizedAccessException)
            {
                found.Add(new DiagnosedPlace(places.Shown(path), what, "cannot be read"));
                problems.Add(problem.Message);
                return false;
            }
        }
    }

    /// <summary>Held and left behind. Codex itself takes left-behind lock files away when it next starts.</summary>
    private static string Locks(CodexPlaces places)
    {
        var files = places.FilesOf(places.Locks, "*.lock");
        var held = ProcessTable.Take().HeldLocks.Where(static held => held.Kind == "FLOCK").Select(static held => held.Inode).ToHashSet();
        var loaded = files.Count(path => NativeFile.Stat(path) is { } file && held.Contains(file.Inode));
        return $"{loaded} held, {files.Count - loaded} left behind";
    }
}
