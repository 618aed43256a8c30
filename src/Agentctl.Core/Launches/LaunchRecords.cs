using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>
/// <c>launch.json</c>: what was asked for. Written by whoever launches, before anything runs, and never changed but to forget
/// argv, prompt and cwd when they expire. It is a label: whether the launch lives is the lease's word.
/// </summary>
public sealed record LaunchRecord
{
    public required string Id { get; init; }
    public required string Adapter { get; init; }
    public required DateTimeOffset LaunchedAt { get; init; }

    /// <summary>Boot the launch belongs to; in another boot nothing of it can live.</summary>
    public required string BootId { get; init; }
    public required string Host { get; init; }
    public required ulong PidNamespace { get; init; }

    public string? Program { get; init; }
    public IReadOnlyList<string>? Arguments { get; init; }
    public string? Cwd { get; init; }
    public string? Prompt { get; init; }
    public StdinMode Stdin { get; init; }
    public PoliteSignal StopSignal { get; init; }

    /// <summary>The session's id where it was known before the start.</summary>
    public string? SessionId { get; init; }

    /// <summary>Continues a session that was there before.</summary>
    public bool IsResume { get; init; }

    public string? Model { get; init; }
    public string? PermissionMode { get; init; }
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Spec { get; init; }

    /// <summary>The branch of the worktree it works in, where one was made for it.</summary>
    public string? Branch { get; init; }

    /// <summary>Never null: the serializer leaves out initializers for keys that are absent.</summary>
    [AllowNull]
    public IReadOnlyDictionary<string, string> Meta { get => field ?? Sighting.NoMeta; init; }

    /// <summary>The ACP session that it serves: agentctl's name for it. Such a launch holds no directory.</summary>
    public string? Conversation { get; init; }

    /// <summary>Let what the agent leaves behind live on.</summary>
    public bool KeepChildren { get; init; }

    /// <summary>The directory's lock was overridden.</summary>
    public bool Forced { get; init; }

    /// <summary>The agent is stopped after this many seconds; null = never.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>How long the agent may live with no daemon and no command attached to its shim, in seconds; 0 = for ever.</summary>
    public double OrphanAfterSeconds { get; init; }

    /// <summary>How much of each output stream is kept, in bytes; 0 = all.</summary>
    public long OutputCapBytes { get; init; }

    /// <summary>
    /// How much output its reader may still need, in bytes; the agent is ended beyond it, and only what the reader needs no longer is given
    /// back to the disk. 0 = nobody reads it so.
    /// </summary>
    public long OutputLimitBytes { get; init; }

    /// <summary>Runs before the agent, for /bin/sh; null = nothing does.</summary>
    public string? OnCreate { get; init; }

    /// <summary>Runs after the agent has ended, for /bin/sh.</summary>
    public string? OnComplete { get; init; }

    /// <summary>It waited for its turn.</summary>
    public bool WasQueued { get; init; }

    /// <summary>How long it may wait for its turn, in seconds; null = as long as it takes.</summary>
    public double? QueueTimeoutSeconds { get; init; }
}

/// <summary><c>queued.json</c>: that the launch waits for its turn. Changed and taken away under the admission lock only.</summary>
/// <param name="Position">Who has the lower one comes first.</param>
/// <param name="Force">It does not mind its directory.</param>
/// <param name="Released">A person lets it try although its kind of agent failed at once again and again.</param>
public sealed record QueuedRecord(long Position, DateTimeOffset QueuedAt, bool Force = false, bool Released = false);

/// <summary><c>agent.json</c>: who runs. Written by the shim before the agent's program begins.</summary>
/// <param name="Containment"><c>cgroup</c> or <c>subreaper</c>.</param>
/// <param name="Cgroup">Path of the launch's own cgroup directory, if it has one.</param>
public sealed record AgentRecord(
    int ShimPid, ulong ShimStartTicks, int Pid, ulong StartTicks, DateTimeOffset StartedAt, string Containment, string? Cgroup = null);

/// <summary><c>session.json</c>: what the agent's output told, kept because the output itself expires earlier.</summary>
/// <param name="SessionId">The session's id, once it was told.</param>
/// <param name="EndReason">Why the newest turn ended badly although the exit code is 0.</param>
/// <param name="IsFinal">The agent had ended when this was read.</param>
/// <param name="Problem">What in the output was ignored, and why.</param>
public sealed record ToldRecord(string? SessionId = null, string? EndReason = null, bool IsFinal = false, string? Problem = null);

/// <summary><c>stop.json</c>: that somebody wants it to end. Durable before the first signal.</summary>
/// <param name="By">Who: one of the words below, or the name of a signal that the shim got</param>
public sealed record StopRecord(string By, DateTimeOffset AskedAt)
{
    /// <summary>A person, through a command.</summary>
    public const string User = "user";

    /// <summary>The launch's own time limit.</summary>
    public const string Timeout = "timeout";

    /// <summary>Nobody was attached for longer than it may live alone.</summary>
    public const string Orphaned = "orphaned";

    /// <summary>The agent of an open ACP session is not needed for now: idle for long enough, or its slot was wanted.</summary>
    public const string Rest = "rest";

    /// <summary>The one turn of a one-shot ACP session is over.</summary>
    public const string Done = "done";

    /// <summary>It wrote more than its reader could take.</summary>
    public const string OutputLimit = "output-limit";

    /// <summary>Its shim was killed, and nobody can speak to it any more.</summary>
    public const string Undertaker = "undertaker";
}

/// <summary><c>exit.json</c>: how it ended. Durable before the lease is given back.</summary>
public sealed record ExitRecord
{
    /// <summary><c>exited</c>, <c>signaled</c>, <c>lost</c> (the shim was killed), <c>reboot</c>, <c>failed-to-start</c>.</summary>
    public required string How { get; init; }

    public int? ExitCode { get; init; }
    public int? Signal { get; init; }

    /// <summary>memory.events of the launch's cgroup counted an out-of-memory kill.</summary>
    public bool OutOfMemory { get; init; }

    public DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Who asked for the end, when somebody did.</summary>
    public StopRecord? Stop { get; init; }

    /// <summary>What the agent left behind when it ended, and what became of it.</summary>
    [AllowNull]
    public IReadOnlyList<Leftover> Leftovers { get => field ?? []; init; }

    /// <summary>Why it could not start.</summary>
    public string? Problem { get; init; }

    /// <summary>The last bytes that were written to its open input, and that it had not read when it ended.</summary>
    public int UnreadInput { get; init; }

    /// <summary>Written by the one who found the shim dead.</summary>
    public bool ByUndertaker { get; init; }
}

/// <summary>A process that outlived its agent.</summary>
/// <param name="Outcome"><c>terminated</c>, <c>killed</c>, <c>kept</c> (asked for), <c>left</c> (could not be ended).</param>
public sealed record Leftover(int Pid, ulong StartTicks, string Comm, string Outcome)
{
    public const string Terminated = "terminated";
    public const string Killed = "killed";
    public const string Kept = "kept";
    public const string Left = "left";
}

/// <summary><c>locks/&lt;hash&gt;.json</c>: a directory a person keeps for himself until unlock or its end.</summary>
/// <param name="Directory">Real path.</param>
/// <param name="Order">Id of the order that took it, if that had one.</param>
/// <param name="TakerPid">The process that took it: the shell's child, soon gone; or the agentctl that holds it while a command runs.</param>
public sealed record DirectoryLockRecord(
    string Directory,
    string By,
    DateTimeOffset LockedAt,
    string BootId,
    string? Reason = null,
    DateTimeOffset? ExpiresAt = null,
    int TakerPid = 0,
    ulong TakerStartTicks = 0,
    string? Command = null,
    string? Order = null);

/// <summary><c>fired.json</c>: that a fuse's time was over and all of its actions were begun.</summary>
public sealed record FiredRecord(DateTimeOffset FiredAt, string? Webhook = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    Converters = [typeof(IsoTimeConverter)])]
[JsonSerializable(typeof(LaunchRecord))]
[JsonSerializable(typeof(AgentRecord))]
[JsonSerializable(typeof(ToldRecord))]
[JsonSerializable(typeof(StopRecord))]
[JsonSerializable(typeof(ExitRecord))]
[JsonSerializable(typeof(QueuedRecord))]
[JsonSerializable(typeof(FuseRow))]
[JsonSerializable(typeof(FiredRecord))]
[JsonSerializable(typeof(DirectoryLockRecord))]
public sealed partial class LaunchJson : JsonSerializerContext;
