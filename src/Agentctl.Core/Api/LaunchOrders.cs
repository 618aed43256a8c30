using System.Text.Json.Serialization;

namespace Agentctl.Core;

/// <summary>What <c>launch</c> and <c>resume</c> ask for; the body of <c>POST /v1/launches</c>.</summary>
public sealed record LaunchOrder
{
    /// <summary>The adapter; config's, else claude-code. With <see cref="Resumes"/> that session's own.</summary>
    public string? Adapter { get; init; }
    public string? Prompt { get; init; }
    public string? Cwd { get; init; }
    public string? Model { get; init; }
    public string? PermissionMode { get; init; }
    public string? Name { get; init; }
    public string? Group { get; init; }
    public string? Spec { get; init; }
    public IReadOnlyList<string>? AgentArguments { get; init; }

    /// <summary>How hard it is to think, in the agent's words.</summary>
    public string? Thinking { get; init; }

    /// <summary>The branch of the worktree it works in, where one was made for it.</summary>
    public string? Branch { get; init; }

    /// <summary>Variables on top of the launching program's own environment. Never written to a file.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Callback keys and the like; they stand in the row's <c>meta</c>.</summary>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>Override a lock on the directory.</summary>
    public bool Force { get; init; }
    public bool KeepChildren { get; init; }

    /// <summary>Keep the agent's input open for <c>send</c>.</summary>
    public bool KeepOpen { get; init; }
    [JsonConverter(typeof(TimeLimitSecondsConverter))]
    public double? TimeoutSeconds { get; init; }

    /// <summary>Runs before the agent, for /bin/sh; config's when absent. Its failure stops the launch.</summary>
    public string? OnCreate { get; init; }

    /// <summary>Runs after the agent has ended; config's when absent.</summary>
    public string? OnComplete { get; init; }

    /// <summary>Wait for a turn when slots or the directory are taken.</summary>
    public bool Queue { get; init; }

    /// <summary>How long it may wait for its turn.</summary>
    [JsonConverter(typeof(TimeLimitSecondsConverter))]
    public double? QueueTimeoutSeconds { get; init; }

    /// <summary>Reference of the session to continue.</summary>
    public string? Resumes { get; init; }
}

/// <summary>A launch that runs, or ran already.</summary>
/// <param name="SessionId">The agent's own id; absent while the agent has not told it.</param>
/// <param name="Status">State word of the session at this moment, with its reason: an agent that failed at once is told so.</param>
/// <param name="ShortId">The shortest unique prefix of its id, of at least eight characters, at this moment.</param>
/// <param name="Host">Where it runs, when that is no process of this launch: <c>gateway</c>. <c>Cwd</c> and <c>PermissionMode</c> are the host's own then.</param>
/// <param name="Notes">What a person should know: a lock that was overridden, a permission mode, an ignored wish.</param>
public sealed record LaunchedDocument(
    string LaunchId,
    string Adapter,
    string? SessionId,
    string Status,
    string? Reason,
    int? Pid,
    int? ExitCode,
    string Cwd,
    string PermissionMode,
    IReadOnlyList<string> Notes,
    string? ShortId = null,
    string? Host = null)
{
    /// <summary>What to call it: its session id, else <c>@launch-id</c>.</summary>
    public string Id => SessionId ?? Core.LaunchId.Provisional(LaunchId);
}

/// <summary>Answer of <c>GET /v1/sessions/{ref}/hooks</c>.</summary>
public sealed record HooksDocument(string Session, IReadOnlyList<HookResult> Hooks);

/// <summary>What became of one hook.</summary>
/// <param name="Event"><c>on-create</c> or <c>on-complete</c>.</param>
/// <param name="State"><c>not-begun</c>, <c>running</c>, <c>ended</c>, <c>timed-out</c>, <c>failed</c> (it could not be run), <c>lost</c> (cut off; never repeated).</param>
/// <param name="Output">The end of what it printed.</param>
public sealed record HookResult(
    string Event, string State, int? ExitCode, int? Signal, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, string Output, string? Problem);

/// <summary>Answer of <c>GET /v1/queue</c>: the launches that wait for their turn, in order.</summary>
public sealed record QueueDocument(IReadOnlyList<QueueRow> Queue);

/// <param name="Place">Counted from 1.</param>
/// <param name="Reason"><c>no-slot</c>, <c>directory</c>, <c>turn</c>, <c>brake</c>; <c>next</c> when nothing is in its way any more.</param>
/// <param name="WaitsFor">Who holds what it waits for, as a sentence.</param>
public sealed record QueueRow(
    int Place, string LaunchId, string Adapter, string? Group, string? Cwd, string? Prompt, DateTimeOffset QueuedAt, DateTimeOffset? ExpiresAt, string Reason, string WaitsFor)
{
    /// <summary>What to call it.</summary>
    public string Id => Core.LaunchId.Provisional(LaunchId);
}

/// <summary>The body of <c>POST /v1/queue</c>.</summary>
/// <param name="Action"><c>cancel</c>, <c>move</c> or <c>release</c>.</param>
/// <param name="Reference">Of the launch that waits.</param>
/// <param name="Place">With <c>move</c>, counted from 1.</param>
public sealed record QueueOrder(string Action, string Reference, int? Place = null);

/// <summary>Launches that belong together, each in a worktree of its own.</summary>
/// <param name="Repository">A directory of the repository, for slots that name none.</param>
/// <param name="Group">Their tag; made when absent.</param>
public sealed record ManyOrder(IReadOnlyList<SlotOrder> Slots, string Repository, string? Group = null);

/// <summary>One of them.</summary>
/// <param name="Launch">What to launch; its directory is one of the repository.</param>
/// <param name="Branch">Its branch; named after group, adapter and model when absent.</param>
/// <param name="BaseBranch">What a new branch begins at.</param>
/// <param name="SharesBranch">Others were given the same branch by a list of models: its name is completed by what tells them apart.</param>
public sealed record SlotOrder(LaunchOrder Launch, string? Branch = null, string? BaseBranch = null, bool SharesBranch = false);

/// <summary>What came of launches that belong together, in the order asked.</summary>
public sealed record ManyDocument(string? Group, IReadOnlyList<SlotResult> Slots);

/// <param name="Label">What tells it from the others: <c>cc-opus</c>.</param>
/// <param name="Path">Its worktree; absent when there is none (any more).</param>
/// <param name="Launched">Absent when it was not launched.</param>
/// <param name="Problem">Why not.</param>
public sealed record SlotResult(
    string Label, string Adapter, string? Model, string? Path, string? Branch, LaunchedDocument? Launched, string? Problem, IReadOnlyList<string> Notes);

/// <summary>Whom to stop, and how. The body of <c>POST /v1/stop</c>.</summary>
/// <param name="Sessions">References; empty with <paramref name="Group"/> or <paramref name="All"/>.</param>
/// <param name="All">Everything active that agentctl launched.</param>
/// <param name="DeadlineSeconds">Between asking and SIGKILL; 10 when absent.</param>
/// <param name="Force">The deadline is 0.</param>
/// <param name="Consent">A session in somebody's terminal may be stopped too.</param>
public sealed record StopOrder(
    IReadOnlyList<string> Sessions, string? Group = null, bool All = false,
    [property: JsonConverter(typeof(TimeLimitSecondsConverter))] double? DeadlineSeconds = null, bool Force = false, bool Consent = false);

/// <summary>One result for each session that was meant, in the order asked.</summary>
public sealed record StopDocument(IReadOnlyList<StopResult> Results);

/// <summary>What was asked, what happened, what is left.</summary>
/// <param name="Session"><c>adapter/id</c>, or the reference as given when it was not found.</param>
/// <param name="Outcome">One of <see cref="StopOutcomes"/>.</param>
/// <param name="Asked">What was asked of whom, in order: <c>claude stop 1f0a</c>, <c>SIGTERM to 3 processes</c>.</param>
/// <param name="Detail">One sentence for a person.</param>
public sealed record StopResult(
    string Session,
    string Outcome,
    IReadOnlyList<string> Asked,
    string Detail,
    IReadOnlyList<Leftover> Leftovers,
    double TookMs,
    int? ExitCode = null);

public static class StopOutcomes
{
    public const string Stopped = "stopped";

    /// <summary>The turn was interrupted; its owner keeps the session.</summary>
    public const string Interrupted = "interrupted";
    public const string AlreadyStopped = "already-stopped";

    /// <summary>Ended, but something it started could not be ended.</summary>
    public const string LeftOver = "left-over";

    /// <summary>In somebody's terminal: nothing was sent.</summary>
    public const string NeedsConsent = "needs-consent";

    /// <summary>No process could be proven to be the session's, or its owner has no way: nothing was sent.</summary>
    public const string Refused = "refused";
    public const string NotFound = "not-found";

    /// <summary>Some adapter could not look, or the reference means several: nothing was sent.</summary>
    public const string Unclear = "unclear";
    public const string Failed = "failed";
}

/// <summary>What to wait for. The body of <c>POST /v1/wait</c>.</summary>
/// <param name="For"><c>stopped</c> (any end), <c>idle</c> (no turn in progress, an end included), <c>waiting</c> (needs a human, an end included).</param>
/// <param name="Any">One of them is enough; else all.</param>
/// <param name="TimeoutSeconds">Null = as long as it takes.</param>
public sealed record WaitOrder(
    IReadOnlyList<string> Sessions, string For = "stopped", bool Any = false,
    [property: JsonConverter(typeof(TimeLimitSecondsConverter))] double? TimeoutSeconds = null, string? Group = null);

/// <param name="TimedOut">The time was over first.</param>
/// <param name="Sessions">The rows of all that were waited for, in the order asked, as they are now.</param>
/// <param name="Reached">For each of them whether it is there.</param>
public sealed record WaitDocument(bool TimedOut, IReadOnlyList<SessionRow> Sessions, IReadOnlyList<bool> Reached);

/// <summary>The body of <c>POST /v1/sessions/{ref}/send</c>.</summary>
public sealed record SendOrder(string Text);

/// <summary>What came of asking one session for something.</summary>
public sealed record ActionDocument(string Session, bool Done, string Asked, string Detail);

/// <summary>The body of <c>POST /v1/locks</c>.</summary>
/// <param name="Id">Chosen by the caller, in the form of a launch id: a lock that this very order has taken before is not in its own way.</param>
/// <param name="TakerPid">Who takes it, so that <c>locks</c> can tell whether it still lives: the shell that called, not the command.</param>
public sealed record LockOrder(
    string Directory, string? By = null, string? Reason = null,
    [property: JsonConverter(typeof(LifetimeSecondsConverter))] double? TtlSeconds = null, int? TakerPid = null, string? Id = null);

/// <summary>Answer of <c>GET /v1/locks</c>.</summary>
public sealed record LocksDocument(IReadOnlyList<LockRow> Locks, IReadOnlyList<string> Problems);

/// <summary>One directory that is held. The keys directory, type, pid, sessionId, lockedBy, reason, lockedAt are the reference's.</summary>
/// <param name="Type"><c>auto</c> (a launch works there), <c>manual</c> (a person's promise), <c>command</c> (<c>lock DIR -- CMD</c> runs).</param>
/// <param name="Alive">Whether who took it still lives: always for auto and command, else they would not be here.</param>
public sealed record LockRow(
    string Directory,
    string Type,
    int? Pid,
    string? SessionId,
    string? LaunchId,
    string? Adapter,
    string? LockedBy,
    string? Reason,
    DateTimeOffset LockedAt,
    DateTimeOffset? ExpiresAt,
    bool Alive);

/// <summary>Answer of <c>POST /v1/prune</c>: what is past its expiry.</summary>
/// <param name="Removed">False in a dry run.</param>
/// <param name="Problems">What could not be read or removed, and is kept.</param>
/// <param name="Notes">What is wrong with records that can be read and expire all the same.</param>
public sealed record PruneDocument(bool Removed, IReadOnlyList<PruneItem> Items, IReadOnlyList<string> Problems, IReadOnlyList<string>? Notes = null);

/// <param name="Evidence">Why it may go.</param>
public sealed record PruneItem(string Path, string What, string Evidence, long Bytes);

/// <summary>One change, as <c>GET /v1/events</c> tells it (docs/specs/events.md).</summary>
/// <param name="Cursor"><c>&lt;instance&gt;.&lt;seq&gt;</c>: ask from here on after an interruption.</param>
/// <param name="Type">
/// <c>snapshot</c> (the rows of now: the first event, and whenever the cursor asked for is lost), <c>session.started</c>,
/// <c>session.changed</c>, <c>session.stopped</c>, <c>session.gone</c>, <c>lock.taken</c>, <c>lock.released</c>, <c>slots.changed</c>.
/// </param>
/// <param name="From">The state word before.</param>
public sealed record EventDocument(
    string Cursor,
    string Type,
    DateTimeOffset Timestamp,
    string? Adapter = null,
    string? SessionId = null,
    string? From = null,
    SessionRow? Session = null,
    IReadOnlyList<SessionRow>? Sessions = null,
    LockRow? Lock = null,
    SlotCount? Slots = null);

/// <summary>How full one scope is.</summary>
/// <param name="Scope"><c>all</c>, <c>adapter:codex</c>, <c>group:g-1a2b3c</c>.</param>
public sealed record SlotCount(string Scope, int Held, int Limit);
