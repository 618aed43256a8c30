using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>Everything that is known of one session at one moment, and what follows for who holds it. Pure.</summary>
internal sealed class Standing(ClaudePlaces places, IReadOnlyList<Claim> claims, BackgroundLook background, BackgroundJob? job, RosterWorker? worker, Transcript? transcript)
{
    /// <summary>The claim that speaks, if any.</summary>
    public Claim? Claim { get; } = claims.Min(Claim.Strongest);

    public BackgroundJob? Job => job;

    /// <summary>Living pids beside the one that speaks.</summary>
    public IEnumerable<int> OtherPids => claims.Where(c => c != Claim && c.Process is not null).Select(static c => c.Entry.Pid);

    public Facts Facts(IProcessTable processes, RegistryEntry? unreadable)
    {
        // A living process, or a claim that cannot be checked, is not outdone by what the daemon wrote down.
        if (Claim is { Holder: not Holder.Gone } claim)
        {
            return OfClaim(claim);
        }

        return Daemon(processes) ?? Ended(unreadable);
    }

    public Owner Owner => job is not null || worker is not null || claims.Any(static c => c.Entry.JobId is not null || c.Entry.Kind is "bg" or "daemon" or "daemon-worker")
        ? Owner.ClaudeDaemon
        : Claim is not { Process: { } process, Entry.Entrypoint: { } entrypoint } ? Owner.Unknown
        : IsOfIde(entrypoint) ? Owner.Ide
        : entrypoint == "cli" && process.TerminalDevice != 0 ? Owner.Terminal
        : Owner.Unknown;

    private static bool IsOfIde(string entrypoint) =>
        entrypoint.StartsWith("claude-vscode", StringComparison.Ordinal) || entrypoint.StartsWith("claude-jetbrains", StringComparison.Ordinal) ||
        entrypoint.StartsWith("claude-desktop", StringComparison.Ordinal);

    private Facts OfClaim(Claim claim) => new()
    {
        Holder = claim.Holder,
        Signal = claim.Signal,
        HolderEvidence = claim.Holder == Holder.Process && claim.Signal == Signal.None ? claim.Evidence(places) : claim.HolderEvidence(places),
        SignalEvidence = claim.Signal == Signal.None ? null : claim.Evidence(places),
        Process = claim.Process?.Identity,
        WaitingFor = claim.WaitingFor,
        Others = [.. Others(claim), .. transcript?.Tail.SignalEvidence is { } last ? [last] : Array.Empty<Evidence>()],
        NotKnown = claim.Holder switch
        {
            Holder.OtherNamespace => ["Whether that process lives can only be told where it runs."],
            Holder.Process when claim.Signal == Signal.None => ["Claude writes no status in the first moments of a process, and versions before 2.1 write none at all."],
            _ => [],
        },
    };

    /// <summary>Null when Claude's daemon does not hold the session.</summary>
    private Facts? Daemon(IProcessTable processes)
    {
        if (job is { HasEnded: true } || (worker is null && job is null))
        {
            return null;
        }

        if (worker is { Pid: { } pid, StartTicks: { } ticks } && processes.Find(pid, ticks) is { } process)
        {
            var evidence = new Evidence(places.Show(places.Roster), $"worker {worker.ShortId} is pid {pid} with start {ticks}, which is alive; it has not registered itself in sessions/ yet", RosterTime);
            return new Facts { Holder = Holder.Process, Signal = Signal.None, HolderEvidence = evidence, Process = process.Identity, Others = [.. Others(null)] };
        }

        if (background.RosterProblem is { } problem && job is not null)
        {
            return new Facts { Holder = Holder.Unreadable, Signal = Signal.None, HolderEvidence = new Evidence(places.Show(places.Roster), problem, job.ObservedAt), Others = [.. Others(null)] };
        }

        // A job that was just taken in is not on the roster for about half a second; a crashed one stays on it until its respawn.
        var starting = worker is null && claims.Count == 0 && transcript is null && job is { State: "working", Tempo: "active" };
        if (background.Supervisor is not { } supervisor || !(starting || worker is not null))
        {
            return null;
        }

        var doing = starting ? "has taken the job in and not started its worker yet" : $"keeps worker {worker!.ShortId}, whose process is gone, and starts a new one after about 10 s";
        return new Facts
        {
            Holder = Holder.Owner,
            Signal = Signal.None,
            HolderEvidence = new Evidence(places.Show(places.Roster), $"Claude's daemon, pid {supervisor.Pid} with start {supervisor.StartTicks}, is alive and {doing}", starting ? job!.ObservedAt : RosterTime),
            UnknownReason = starting ? "not-started-yet" : "respawning",
            Others = [.. Others(null)],
            NotKnown = ["Until the worker runs nothing tells what the session is doing."],
        };
    }

    private DateTimeOffset RosterTime => background.Roster?.UpdatedAt ?? job?.ObservedAt ?? DateTimeOffset.UnixEpoch;

    /// <summary>Nothing alive holds it: what its record says last counts.</summary>
    private Facts Ended(RegistryEntry? unreadable)
    {
        var (signal, evidence) = (transcript?.Tail.Signal ?? Signal.None, transcript?.Tail.SignalEvidence);
        if (job is not null && JobSignal(job, signal) is { } told)
        {
            (signal, evidence) = (told, JobEvidence(job));
        }

        if (Claim is null && signal == Signal.Busy && unreadable is not null)
        {
            return new Facts
            {
                Holder = Holder.Unreadable,
                Signal = signal,
                SignalEvidence = evidence,
                HolderEvidence = new Evidence(places.Show(unreadable.Path), $"process {unreadable.Pid} is alive and its registry file cannot be read: it may be the one that runs this session", unreadable.ObservedAt),
                Others = [.. Others(null)],
            };
        }

        return new Facts
        {
            Holder = Claim is null ? Holder.None : Holder.Gone,
            Signal = signal,
            HolderEvidence = Claim?.Evidence(places),
            SignalEvidence = evidence,
            Others = [.. Others(Claim)],
            NotKnown = signal == Signal.Busy ? ["What ended it is not recorded: a kill, a crash and a power cut leave the same traces."]
                : signal == Signal.None && transcript is not null ? [$"No message was found in the last {TranscriptTail.SignalLimitBytes / (1024 * 1024)} MB of its transcript."] : [],
        };
    }

    /// <summary>What the job's end says beyond the transcript; null = nothing.</summary>
    private static Signal? JobSignal(BackgroundJob job, Signal transcript) => (job.State, transcript) switch
    {
        ("failed", _) => Signal.Failed,
        ("stopped", Signal.Busy or Signal.None) => Signal.Aborted,
        ("done", Signal.Busy or Signal.None) => Signal.Done,
        _ => null,
    };

    private IEnumerable<Evidence> Others(Claim? decider)
    {
        foreach (var claim in claims.Where(c => c != decider).OrderBy(static c => c, Claim.Strongest))
        {
            yield return claim.Evidence(places);
        }

        if (job is not null)
        {
            yield return JobEvidence(job);
        }
    }

    private Evidence JobEvidence(BackgroundJob job) => new(places.Show(job.File.Path), $"background job {job.ShortId}: state {job.State ?? "absent"}", job.ObservedAt);
}
