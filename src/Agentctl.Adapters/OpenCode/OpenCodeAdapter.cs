using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>OpenCode (docs/adapters/opencode.md): its database says what was said; a process that has it open may be the one that works.</summary>
public sealed partial class OpenCodeAdapter : RecordedAdapter, IOwnerControl
{
    private readonly OpenCodeDatabase database;
    private readonly FileTree files;

    public OpenCodeAdapter(AgentEnvironment environment)
        : base(environment)
    {
        var data = Path.Combine(environment["XDG_DATA_HOME"] is { } moved ? environment.FullPath(moved) : Path.Combine(environment.Home, ".local", "share"), "opencode");
        database = new OpenCodeDatabase(environment["OPENCODE_DB"] is { } named ? Path.Combine(data, named) : Path.Combine(data, "opencode.db"), environment);
        files = new FileTree(Path.GetDirectoryName(database.Path)!, static name => name.StartsWith("opencode.db", StringComparison.Ordinal), maxDepth: 1);
    }

    public override string Id => "opencode";

    /// <summary>Its config decides; <c>auto</c> allows all that is not denied there.</summary>
    public override IReadOnlyList<string> PermissionModes => ["auto"];

    private protected override string Agent => "opencode";

    private protected override IEnumerable<RecordedSession> ChangedSince(
        DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken) => database.ChangedSince(since, reading, left, problems);

    private protected override IEnumerable<RecordedSession> InDirectory(string cwd, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        database.InDirectory(cwd, since, problems);

    private protected override RecordedSession? Read(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        id.StartsWith("ses_", StringComparison.Ordinal) ? database.Find(id, problems) : null;

    private protected override IEnumerable<string> Ids(CancellationToken cancellationToken) => database.Ids();

    private protected override IEnumerable<TranscriptEntry> NewestFirst(string id, CancellationToken cancellationToken) => database.NewestFirst(id);

    /// <summary>SQLite holds a lock on the index of its log for as long as it has the database open: the kernel names who does.</summary>
    private protected override IEnumerable<ProcessEntry> ThoseThatMayBe(IProcessTable processes)
    {
        var held = ((string[])[database.Path, database.Path + "-shm"]).Select(static path => NativeFile.Stat(path)?.Inode).OfType<ulong>().ToHashSet();
        return held.Count == 0
            ? []
            : processes.HeldLocks.Where(one => one.Pid > 0 && held.Contains(one.Inode)).Select(static one => one.Pid).Distinct().Select(processes.Find).OfType<ProcessEntry>();
    }

    public override IDisposable Watch(Action changed) => files.Watch(changed);

    public override string? WhyNotTold() => files.WhyNotWatched();

    public override Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.Run(
        () => new Diagnosis(
            Id, Environment.FindProgram("opencode"),
            [new DiagnosedPlace(Environment.Tilde(database.Path), "database of sessions", File.Exists(database.Path) ? $"{database.Ids().Count} sessions" : "absent")], []),
        cancellationToken);

    public override PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (environment.FindProgram("opencode") is not { } program)
        {
            return NotInstalled;
        }

        if (wish.KeepOpen)
        {
            return new PlanOutcome.Refused("opencode run reads its input to its end before it begins, so it cannot be kept open. Launch without --open, and go on with: agentctl resume", IsUsage: true);
        }

        var mode = wish.PermissionMode is "bypassPermissions" or "bypass" or "yolo" ? "auto" : wish.PermissionMode;
        if (mode is not (null or "auto"))
        {
            return new PlanOutcome.Refused($"OpenCode has no permission mode '{wish.PermissionMode}': its config decides, and auto allows all that is not denied there.", IsUsage: true);
        }

        List<string> arguments = ["run", "--format", "json"];
        arguments.AddRange(wish.Model is { } model ? ["--model", model] : []);
        arguments.AddRange(wish.Thinking is { } effort ? ["--variant", effort] : []);
        arguments.AddRange(mode is not null ? ["--auto"] : []);
        arguments.AddRange(wish.Resumes is { } id ? ["--session", id] : []);
        arguments.AddRange(wish.AgentArguments);
        return new PlanOutcome.Planned(new LaunchPlan
        {
            Program = program,
            Arguments = arguments,
            Stdin = StdinMode.Text,
            StdinText = wish.Prompt,
            SessionId = wish.Resumes,
            TellsSessionId = true,
            PermissionMode = mode ?? "opencode's own config",
            Model = wish.Model,
        });
    }

    public override PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("opencode") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["--session", sessionId], SessionId = sessionId, PermissionMode = "opencode's own config" })
        : NotInstalled;

    // {"type":"step_start","timestamp":…,"sessionID":"ses_…","part":{…}}
    public override string? SessionIdIn(ReadOnlySpan<byte> outputLine) =>
        outputLine.IndexOf("\"sessionID\""u8) >= 0 && RecordFiles.Parse(outputLine.ToArray()) is { } told ? told.Text("sessionID") : null;

    private protected override void Dispose(bool disposing) => files.Dispose();

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "opencode was not found on PATH. Install OpenCode (npm install -g opencode-ai), or start agentctl where it is on PATH.", IsUsage: false);
}
