using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.OpenCode;

/// <summary>OpenCode (docs/adapters/opencode.md): its records say what was said; a process that has them open may be the one that works.</summary>
public sealed partial class OpenCodeAdapter : RecordedAdapter, IOwnerControl
{
    private const string DatabaseVariable = "OPENCODE_DB";
    private readonly OpenCodeDatabases databases;
    private readonly OpenCodeTree tree;
    private readonly FileTree files;
    private readonly FileTree? named;

    public OpenCodeAdapter(AgentEnvironment environment)
        : base(environment)
    {
        var data = Path.Combine(environment["XDG_DATA_HOME"] is { } home ? environment.FullPath(home) : Path.Combine(environment.Home, ".local", "share"), "opencode");
        var database = environment[DatabaseVariable] is { Length: > 0 } moved ? Path.GetFullPath(Path.Combine(data, moved)) : null;
        databases = new OpenCodeDatabases(data, database, environment);
        tree = new OpenCodeTree(data, environment);
        files = new FileTree(data, OpenCodeDatabases.BelongsToOne, maxDepth: 1);
        named = database is not null && Path.GetDirectoryName(database) is { } folder && folder != data ? new FileTree(folder, name => name.StartsWith(Path.GetFileName(database), StringComparison.Ordinal), maxDepth: 1) : null;
    }

    /// <summary>Version 1.2 takes the tree of files over into its database, and leaves it where it is.</summary>
    private IOpenCodeRecords Records => !databases.Exists && tree.Exists ? tree : databases;

    public override string Id => "opencode";

    /// <summary>Its config decides; <c>auto</c> allows all that is not denied there.</summary>
    public override IReadOnlyList<string> PermissionModes => ["auto"];

    private protected override string Agent => "opencode";

    private protected override IEnumerable<RecordedSession> ChangedSince(
        DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken) =>
        Records.ChangedSince(since, reading, left, problems, cancellationToken);

    private protected override IEnumerable<RecordedSession> InDirectory(string cwd, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken) =>
        Records.InDirectory(cwd, since, problems, cancellationToken);

    private protected override RecordedSession? Read(string id, ICollection<string> problems, CancellationToken cancellationToken) =>
        id.StartsWith("ses_", StringComparison.Ordinal) ? Records.Find(id, problems, cancellationToken) : null;

    private protected override IEnumerable<string> Ids(CancellationToken cancellationToken) => Records.Ids(cancellationToken);

    private protected override IEnumerable<TranscriptEntry> NewestFirst(string id, CancellationToken cancellationToken) => Records.NewestFirst(id, cancellationToken);

    private protected override TokenUsage? Tokens(string id, CancellationToken cancellationToken) => Records.Tokens(id, cancellationToken);

    private protected override IEnumerable<ProcessEntry> ThoseThatMayBe(IProcessTable processes) => Records.Holders(processes);

    public override IDisposable Watch(Action changed) => new Both(named is null ? files.Watch(changed) : new Both(files.Watch(changed), named.Watch(changed)), tree.Watch(changed));

    public override string? WhyNotTold() => files.WhyNotWatched() ?? named?.WhyNotWatched() ?? tree.WhyNotWatched();

    public override Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var problems = new List<string>();
            var places = databases.All.Select(database => new DiagnosedPlace(database.Place, "database of sessions", Counted(database, problems, cancellationToken))).ToList();
            if (tree.Exists)
            {
                places.Add(new DiagnosedPlace(
                    tree.Place, "files of OpenCode before 1.2",
                    Records == tree ? $"{tree.Ids(cancellationToken).Count} sessions{Checked(tree.Place, tree.Check(cancellationToken), problems, cancellationToken)}" : "not read: the database has them"));
            }

            return new Diagnosis(Id, Environment.FindProgram("opencode"), places, problems);
        },
        cancellationToken);

    private static string Counted(OpenCodeDatabase database, List<string> problems, CancellationToken cancellationToken)
    {
        if (!database.Exists)
        {
            return "absent";
        }

        try
        {
            return $"{database.Ids(cancellationToken).Count} sessions{Checked(database.Place, database.Check(cancellationToken), problems, cancellationToken)}";
        }
        catch (Exception unreadable) when (unreadable is CannotLookException or IOException)
        {
            problems.Add(unreadable.Message);
            return "not readable";
        }
    }

    /// <summary>Reports parts of conversations that cannot be read; how many were checked when there was no time for all.</summary>
    private static string Checked(string place, IEnumerable<(string Session, string? Problem)> parts, List<string> problems, CancellationToken cancellationToken)
    {
        var (problem, only) = UnreadableParts.Check(place, parts, cancellationToken);
        problems.AddRange(problem is null ? [] : [problem]);
        return only is { } some ? $"; the newest {some} parts of conversations were checked" : "";
    }

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
            Variables = VariablesFor(wish.Resumes),
            TellsSessionId = true,
            PermissionMode = mode ?? "opencode's own config",
            Model = wish.Model,
        });
    }

    public override PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("opencode") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["--session", sessionId], SessionId = sessionId, Variables = VariablesFor(sessionId), PermissionMode = "opencode's own config" })
        : NotInstalled;

    /// <summary>
    /// OpenCode reads one database: OPENCODE_DB, else the one of its own release channel. Where there are several, the resumed session's
    /// must be named.
    /// </summary>
    private Dictionary<string, string> VariablesFor(string? resumed) =>
        resumed is not null && Records == databases && databases.PathToName(resumed, CancellationToken.None) is { } path
            ? new Dictionary<string, string> { [DatabaseVariable] = path }
            : [];

    // {"type":"step_start","timestamp":…,"sessionID":"ses_…","part":{…}}
    public override string? SessionIdIn(ReadOnlySpan<byte> outputLine) =>
        outputLine.IndexOf("\"sessionID\""u8) >= 0 && RecordFiles.Parse(outputLine.ToArray()) is { } told ? told.Text("sessionID") : null;

    private protected override void Dispose(bool disposing)
    {
        files.Dispose();
        named?.Dispose();
        tree.Dispose();
    }

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "opencode was not found on PATH. Install OpenCode (npm install -g opencode-ai), or start agentctl where it is on PATH.", IsUsage: false);
}
