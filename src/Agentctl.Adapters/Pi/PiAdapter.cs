using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Pi;

/// <summary>Pi, 0.73 and 0.87 (docs/adapters/pi.md): one JSONL file for each conversation, in a folder named after its directory.</summary>
public sealed class PiAdapter : RecordedAdapter
{
    private readonly RecordFiles files;

    public PiAdapter(AgentEnvironment environment)
        : base(environment)
    {
        var home = environment["PI_CODING_AGENT_DIR"] is { } moved ? environment.FullPath(moved) : Path.Combine(environment.Home, ".pi", "agent");
        files = new RecordFiles(environment["PI_CODING_AGENT_SESSION_DIR"] is { } sessions ? environment.FullPath(sessions) : Path.Combine(home, "sessions"), 2, environment, reading => PiRecord.Read(reading, environment));
    }

    public override string Id => "pi";

    /// <summary>It asks nobody for anything.</summary>
    public override IReadOnlyList<string> PermissionModes => [];

    private protected override string Agent => "pi";

    private protected override IEnumerable<RecordedSession> ChangedSince(
        DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken) =>
        files.ChangedSince(since, reading, left, problems, cancellationToken);

    private protected override IEnumerable<RecordedSession> InDirectory(string cwd, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        files.In(Path.Combine(files.Root, PiPlace.FolderOf(cwd)), since, problems);

    private protected override RecordedSession? Read(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        Locate(id, cancellationToken) is { } path && NativeFile.Stat(path) is { } file ? files.Read(file, problems) : null;

    private protected override IEnumerable<string> Ids(CancellationToken cancellationToken) => files.Names(cancellationToken).Select(static path => PiPlace.IdOf(path));

    private protected override IEnumerable<TranscriptEntry> NewestFirst(string id, CancellationToken cancellationToken) =>
        Locate(id, cancellationToken) is { } path ? PiRecord.NewestFirst(path) : [];

    private protected override TokenUsage? Tokens(string id, CancellationToken cancellationToken) =>
        Locate(id, cancellationToken) is { } path ? PiRecord.Tokens(path) : null;

    private protected override IEnumerable<ProcessEntry> ThoseThatMayBe(IProcessTable processes) => Interpreters.Among(processes);

    public override IDisposable Watch(Action changed) => files.Watch(changed);

    public override string? WhyNotTold() => files.WhyNotWatched();

    public override Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.Run(
        () => new Diagnosis(
            Id, Environment.FindProgram("pi"),
            [new DiagnosedPlace(Environment.Tilde(files.Root), "session files", Directory.Exists(files.Root) ? $"{files.Names(cancellationToken).Count} sessions" : "absent")], []),
        cancellationToken);

    public override PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (environment.FindProgram("pi") is not { } program)
        {
            return NotInstalled;
        }

        if (wish.KeepOpen || wish.PermissionMode is not null)
        {
            return new PlanOutcome.Refused(wish.KeepOpen ? "pi -p reads its input to its end before it begins, so it cannot be kept open. Launch without --open, and go on with: agentctl resume" : "Pi has no permission modes: it asks nobody.", IsUsage: true);
        }

        List<string> arguments = ["--mode", "json", "-p"];
        arguments.AddRange(wish.Model is { } model ? ["--model", model] : []);
        arguments.AddRange(wish.Thinking is { } thinking ? ["--thinking", thinking] : []);
        arguments.AddRange(wish.Resumes is { } id ? ["--session", id] : []);
        arguments.AddRange(wish.AgentArguments);
        return new PlanOutcome.Planned(new LaunchPlan
        {
            Program = program,
            Arguments = arguments,

            // On its command line a prompt that begins with @ would be a file.
            Stdin = StdinMode.Text,
            StdinText = wish.Prompt,
            SessionId = wish.Resumes,
            TellsSessionId = true,
            PermissionMode = "pi asks nobody",
            Model = wish.Model,
        });
    }

    public override PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("pi") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["--session", sessionId], SessionId = sessionId, PermissionMode = "pi asks nobody" })
        : NotInstalled;

    // {"type":"session","version":3,"id":"01a2…",…}
    public override string? SessionIdIn(ReadOnlySpan<byte> outputLine) =>
        outputLine.StartsWith("{\"type\":\"session\""u8) && RecordFiles.Parse(outputLine.ToArray()) is { } head ? head.Text("id") : null;

    private protected override void Dispose(bool disposing) => files.Dispose();

    private string? Locate(string id, CancellationToken cancellationToken) =>
        files.Names(name => PiPlace.IdOf(name) == id, cancellationToken) is [var path, ..] ? path : null;

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "pi was not found on PATH. Install Pi (npm install -g @earendil-works/pi-coding-agent), or start agentctl where it is on PATH.", IsUsage: false);
}
