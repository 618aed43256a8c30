namespace Agentctl.Core;

/// <summary>How one adapter's look went, as the API tells it.</summary>
public sealed record AdapterReport(
    string Adapter,
    string Status,
    double TookMs,
    string? Error,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes,
    DateTimeOffset? LastAnswerAt);

/// <summary>Answer of <c>GET /v1/sessions</c>.</summary>
/// <param name="ShortIds">For each row, in the same order, the prefix to print; only when asked for.</param>
public sealed record SessionsDocument(
    IReadOnlyList<SessionRow> Sessions,
    IReadOnlyList<AdapterReport> Adapters,
    IReadOnlyList<string>? ShortIds);

/// <summary>Answer of <c>GET /v1/sessions/{ref}/explain</c>: everything that was seen, and which piece decided.</summary>
public sealed record ExplainDocument(
    SessionRow Session,
    string Why,
    IReadOnlyList<ExplainedEvidence> Evidence,
    IReadOnlyList<string> NotKnown,
    DateTimeOffset LookedAt);

public sealed record ExplainedEvidence(string Role, string Source, string Fact, DateTimeOffset ObservedAt, bool Decided);

/// <summary>Answer of <c>GET /v1/sessions/{ref}/usage</c>: counted over the whole record.</summary>
public sealed record UsageDocument(string Id, string Adapter, RowTokens? Tokens);

/// <summary>One line of <c>GET /v1/sessions/{ref}/transcript</c>.</summary>
public sealed record TranscriptLine(string Role, string Text, string? Tool, DateTimeOffset? At, RowTokens? Tokens, long Cursor);

/// <summary>Answer of <c>GET /v1/daemon</c>.</summary>
/// <param name="Sessions">Counts by adapter, then by state word; unknown stands beside active.</param>
/// <param name="Locks">Directories that are held, by launches and by people.</param>
/// <param name="Launches">Launches of ours that live.</param>
/// <param name="Slots">How full each limited scope is.</param>
/// <param name="SweepCatches">Changes that no event had announced and only the sweep every 30 seconds found.</param>
/// <param name="Loops">The daemon's background loops, each with how often it has failed.</param>
public sealed record DaemonDocument(
    int Pid,
    string Version,
    string Commit,
    string Runtime,
    DateTimeOffset StartedAt,
    double UptimeSeconds,
    string Home,
    string Socket,
    int Active,
    int Unknown,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Sessions,
    int Locks,
    int Fuses,
    IReadOnlyList<AdapterReport> Adapters,
    long ResidentBytes,
    int Launches = 0,
    IReadOnlyList<SlotCount>? Slots = null,
    long SweepCatches = 0,
    IReadOnlyList<BackgroundLoopReport>? Loops = null);

/// <summary>RFC 9457 problem details, with what the command line needs to choose its exit code.</summary>
/// <param name="Type">Stable: <c>/problems/not-found</c>, <c>/problems/ambiguous</c>, …</param>
/// <param name="Candidates">With <c>ambiguous</c>: what the reference could mean.</param>
/// <param name="CouldNotLook">With <c>not-found</c>: adapters that failed, where it may well be.</param>
public sealed record ProblemDocument(
    string Type,
    string Title,
    int Status,
    string Detail,
    IReadOnlyList<string>? Candidates = null,
    IReadOnlyList<string>? CouldNotLook = null);

/// <summary>What doctor tells.</summary>
public sealed record DoctorDocument(
    string Version,
    string Runtime,
    IReadOnlyList<DoctorCheck> Checks,
    IReadOnlyList<DoctorAdapter> Adapters,
    IReadOnlyList<LegacyLeftover> Leftovers);

public sealed record DoctorCheck(string Name, bool Ok, string Detail);

public sealed record DoctorAdapter(
    string Adapter,
    string? Program,
    IReadOnlyList<DoctorPlace> Places,
    int Sessions,
    AdapterReport Outcome,
    IReadOnlyList<string> Problems);

public sealed record DoctorPlace(string Path, string What, string Found);

/// <summary>A file of the Node tools that matches no living process.</summary>
public sealed record LegacyLeftover(string Path, string What, string Evidence);
