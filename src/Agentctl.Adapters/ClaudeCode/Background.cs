using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>What Claude's own daemon holds at one moment.</summary>
/// <param name="Jobs">By session id.</param>
/// <param name="Workers">By session id.</param>
/// <param name="Roster">Null when there is none.</param>
/// <param name="Supervisor">Claude's daemon, when it lives.</param>
/// <param name="RosterProblem">Why the roster could not be read.</param>
internal sealed record BackgroundLook(
    IReadOnlyDictionary<string, BackgroundJob> Jobs,
    IReadOnlyDictionary<string, RosterWorker> Workers,
    Roster? Roster,
    ProcessEntry? Supervisor,
    string? RosterProblem,
    IReadOnlyList<string> Problems);

/// <summary>Reads <c>jobs/*/state.json</c>, <c>daemon/roster.json</c> and <c>daemon.lock</c>. Ended jobs are read once. Thread-safe.</summary>
internal sealed class Background(ClaudePlaces places, FileTree jobFiles)
{
    private readonly Lock _gate = new();
    private Dictionary<FileEntry, BackgroundJob> _ended = [];

    public BackgroundLook Look(IProcessTable processes, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var jobs = ReadJobs(problems, cancellationToken);
        Roster? roster = null;
        string? rosterProblem = null;
        try
        {
            // Replaced as a whole by Claude, so never seen half written.
            roster = NativeFile.ReadSmall(places.Roster, Roster.LimitBytes) is { } content
                ? Roster.Parse(content, NativeFile.ReadSmall(places.DaemonLock, Roster.LimitBytes))
                : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            rosterProblem = $"{places.Show(places.Roster)}, the list of Claude's background workers, cannot be read: {exception.Message}";
            problems.Add(rosterProblem);
        }

        var workers = new Dictionary<string, RosterWorker>();
        foreach (var worker in roster?.Workers ?? [])
        {
            workers[worker.SessionId] = worker;
        }

        var supervisor = roster is { SupervisorPid: { } pid, SupervisorStartTicks: { } ticks } ? processes.Find(pid, ticks) : null;
        return new BackgroundLook(jobs, workers, roster, supervisor, rosterProblem, problems);
    }

    private Dictionary<string, BackgroundJob> ReadJobs(List<string> problems, CancellationToken cancellationToken)
    {
        var scan = jobFiles.Scan(cancellationToken);
        problems.AddRange(scan.Problems);
        Dictionary<FileEntry, BackgroundJob> known;
        lock (_gate)
        {
            known = _ended;
        }

        var ended = new Dictionary<FileEntry, BackgroundJob>();
        var jobs = new Dictionary<string, BackgroundJob>();
        foreach (var file in scan.Files)
        {
            var job = known.GetValueOrDefault(file) ?? Read(file, problems);
            if (job is null)
            {
                continue;
            }

            if (job.HasEnded)
            {
                ended[file] = job;
            }

            // Two jobs may continue one conversation: the newer one speaks for it.
            if (!jobs.TryGetValue(job.SessionId, out var other) || other.ObservedAt < job.ObservedAt)
            {
                jobs[job.SessionId] = job;
            }
        }

        lock (_gate)
        {
            _ended = ended;
        }

        return jobs;
    }

    private BackgroundJob? Read(FileEntry file, List<string> problems)
    {
        try
        {
            return NativeFile.ReadSmall(file.Path, BackgroundJob.LimitBytes) is { } content ? BackgroundJob.Parse(file, content) : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            problems.Add($"{places.Show(file.Path)}, a background job, cannot be read: {exception.Message}");
            return null;
        }
    }
}
