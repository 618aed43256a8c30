using Agentctl.Adapters.Recorded;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Adapters.Gemini;

/// <summary>The Gemini CLI (docs/adapters/gemini.md): one file for each conversation, below a folder for each directory.</summary>
public sealed class GeminiAdapter : RecordedAdapter
{
    private static readonly string[] Modes = ["plan", "default", "auto_edit", "yolo"];

    private const int LargestProjectsBytes = 16 << 20;

    private readonly string home;
    private readonly RecordFiles files;

    public GeminiAdapter(AgentEnvironment environment)
        : base(environment)
    {
        home = Path.Combine(environment["GEMINI_CLI_HOME"] is { } moved ? environment.FullPath(moved) : environment.Home, ".gemini");
        files = new RecordFiles(Path.Combine(home, "tmp"), GeminiPlace.MaxDepth, environment, reading => GeminiPlace.IsChat(reading.File.Path) ? GeminiRecord.Read(reading, environment) : null, GeminiPlace.MayBeChat);
    }

    public override string Id => "gemini";

    public override IReadOnlyList<string> PermissionModes => Modes;

    private protected override string Agent => "gemini";

    private protected override IEnumerable<RecordedSession> ChangedSince(
        DateTimeOffset since, ReadingTime reading, Action left, ICollection<string> problems, CancellationToken cancellationToken) =>
        files.ChangedSince(since, reading, left, problems, cancellationToken);

    // projects.json: {"projects":{"/home/dev/proj":"proj"}}
    private protected override IEnumerable<RecordedSession> InDirectory(string cwd, DateTimeOffset since, ICollection<string> problems, CancellationToken cancellationToken)
    {
        if (SlugOf(cwd, problems) is not { } slug)
        {
            yield break;
        }

        var chats = Path.Combine(files.Root, slug, "chats");
        foreach (var folder in (string[])[chats, .. SubAgentFolders(chats, since)])
        {
            foreach (var record in files.In(folder, since, problems))
            {
                yield return record;
            }
        }
    }

    /// <summary>A sub-agent that runs now made its file after the process began, and so changed the folder.</summary>
    private static IEnumerable<string> SubAgentFolders(string chats, DateTimeOffset since)
    {
        try
        {
            return Directory.Exists(chats) ? [.. Directory.GetDirectories(chats).Where(parent => Directory.GetLastWriteTimeUtc(parent) >= since.UtcDateTime)] : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // The folder itself is read first, and reports it.
            return [];
        }
    }

    private string? SlugOf(string cwd, ICollection<string> problems)
    {
        var projects = Path.Combine(home, "projects.json");
        var list = ForeignFile.Read(projects, LargestProjectsBytes, out var problem);
        if (problem is not null)
        {
            problems.Add($"{Environment.Tilde(projects)} {problem}");
        }

        return list?.Member("projects")?.Text(cwd) is { } slug && Path.GetFileName(slug) == slug ? slug : null;
    }

    private protected override RecordedSession? Read(string id, ICollection<string> problems, CancellationToken cancellationToken) => Best(id, problems, cancellationToken)?.Record;

    /// <summary>Names hold the first eight letters of an id only; what is whole stands in the file.</summary>
    private protected override IEnumerable<string> Ids(CancellationToken cancellationToken) =>
        files.ChangedSince(DateTimeOffset.MinValue, ReadingTime.Unlimited, static () => { }, [], cancellationToken).Select(static record => record.Id);

    private protected override IEnumerable<TranscriptEntry> NewestFirst(string id, CancellationToken cancellationToken) =>
        Best(id, [], cancellationToken) is { Path: var path } ? GeminiRecord.NewestFirst(path) : [];

    private protected override TokenUsage? Tokens(string id, CancellationToken cancellationToken) =>
        Best(id, [], cancellationToken) is { Path: var path } ? GeminiRecord.Tokens(path) : null;

    private protected override IEnumerable<ProcessEntry> ThoseThatMayBe(IProcessTable processes) => Interpreters.Among(processes);

    public override IDisposable Watch(Action changed) => files.Watch(changed);

    public override string? WhyNotTold() => files.WhyNotWatched();

    public override Task<Diagnosis> Diagnose(CancellationToken cancellationToken) => Task.Run(
        () => new Diagnosis(
            Id, Environment.FindProgram("gemini"),
            [new DiagnosedPlace(Environment.Tilde(files.Root), "chat files", Directory.Exists(files.Root) ? $"{files.Names(cancellationToken).Count} sessions" : "absent")], []),
        cancellationToken);

    public override PlanOutcome Plan(LaunchWish wish, AgentEnvironment environment)
    {
        if (environment.FindProgram("gemini") is not { } program)
        {
            return NotInstalled;
        }

        if (wish.KeepOpen || wish.Thinking is not null)
        {
            return new PlanOutcome.Refused(wish.KeepOpen ? "gemini reads its input to its end before it begins, so it cannot be kept open. Launch without --open, and go on with: agentctl resume" : "The Gemini CLI has no option for how hard to think.", IsUsage: true);
        }

        var mode = wish.PermissionMode is "bypassPermissions" or "bypass" ? "yolo" : wish.PermissionMode;
        if (mode is not null && !Modes.Contains(mode))
        {
            return new PlanOutcome.Refused($"Gemini has no permission mode '{wish.PermissionMode}'; it has {string.Join(", ", Modes)}.", IsUsage: true);
        }

        List<string> arguments = ["--output-format", "stream-json"];
        arguments.AddRange(wish.Model is { } model ? ["--model", model] : []);
        arguments.AddRange(mode is not null ? ["--approval-mode", mode] : []);
        arguments.AddRange(wish.Resumes is { } id ? ["--resume", id] : []);
        arguments.AddRange(wish.AgentArguments);
        return new PlanOutcome.Planned(new LaunchPlan
        {
            Program = program,
            Arguments = arguments,
            Stdin = StdinMode.Text,
            StdinText = wish.Prompt,
            SessionId = wish.Resumes,
            TellsSessionId = true,
            PermissionMode = mode ?? "gemini's own default",
            Model = wish.Model,
        });
    }

    public override PlanOutcome PlanAttach(string sessionId, AgentEnvironment environment) => environment.FindProgram("gemini") is { } program
        ? new PlanOutcome.Planned(new LaunchPlan { Program = program, Arguments = ["--resume", sessionId], SessionId = sessionId, PermissionMode = "gemini's own default" })
        : NotInstalled;

    // {"type":"init","timestamp":"…","session_id":"1111…","model":"gemini-2.5-flash"}
    public override string? SessionIdIn(ReadOnlySpan<byte> outputLine) =>
        outputLine.StartsWith("{\"type\":\"init\""u8) && RecordFiles.Parse(outputLine.ToArray()) is { } init ? init.Text("session_id") : null;

    private protected override void Dispose(bool disposing) => files.Dispose();

    private (string Path, RecordedSession Record)? Best(string id, ICollection<string> problems, CancellationToken cancellationToken)
    {
        (string Path, RecordedSession Record)? best = null;
        foreach (var path in Located(id, cancellationToken))
        {
            if (NativeFile.Stat(path) is { } file && files.Read(file, problems) is { } record && record.Id == id && (best is null || record.IsBetterThan(best.Value.Record)))
            {
                best = (path, record);
            }
        }

        return best;
    }

    private IReadOnlyList<string> Located(string id, CancellationToken cancellationToken) => files.Names(name => GeminiPlace.MayBeOf(name, id), cancellationToken);

    private static readonly PlanOutcome NotInstalled = new PlanOutcome.Refused(
        "gemini was not found on PATH. Install the Gemini CLI (npm install -g @google/gemini-cli), or start agentctl where it is on PATH.", IsUsage: false);
}
