using System.Text.Json;

namespace Agentctl.Core;

/// <summary>One ACP session. Whether it is open is computed: a one-shot session whose agent does not live is closed, whatever a flag says.</summary>
public sealed record AcpSessionDocument
{
    /// <summary>agentctl's name for it, for life.</summary>
    public required string Id { get; init; }

    /// <summary>The agent's own id; absent until it has told one.</summary>
    public string? SessionId { get; init; }
    public IReadOnlyList<string>? EarlierSessionIds { get; init; }
    public required string Agent { get; init; }
    public required string Adapter { get; init; }
    public required string Cwd { get; init; }
    public string? Name { get; init; }
    public string? Title { get; init; }
    public required string Mode { get; init; }
    public required bool Closed { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastUsedAt { get; init; }

    /// <summary>The word <c>list</c> uses: running, waiting, idle; stopped when its agent does not run.</summary>
    public required string Status { get; init; }

    /// <summary>Prompts that wait behind the one that runs.</summary>
    public int Queued { get; init; }
    public int? Pid { get; init; }
    public string? LaunchId { get; init; }
    public DateTimeOffset? LastAgentExitAt { get; init; }
    public int? LastAgentExitCode { get; init; }
    public int? LastAgentSignal { get; init; }
    public string? LastAgentDisconnectReason { get; init; }
    public string? Model { get; init; }
    public string? ModeId { get; init; }
    public IReadOnlyList<string>? AvailableModels { get; init; }
    public IReadOnlyList<string>? AvailableModes { get; init; }
    public IReadOnlyDictionary<string, string>? Options { get; init; }
    public required string Permissions { get; init; }

    /// <summary>It was made by this request.</summary>
    public bool? Created { get; init; }

    /// <summary>The open session of the same scope that it took the place of.</summary>
    public string? Replaced { get; init; }

    /// <summary>What a person should know: context that could not be taken along.</summary>
    public IReadOnlyList<string>? Notices { get; init; }
}

/// <summary>Answer of <c>GET /v1/acp/sessions</c>.</summary>
public sealed record AcpSessionsDocument(IReadOnlyList<AcpSessionDocument> Sessions, IReadOnlyList<string> Problems);

/// <summary>Answer of <c>GET /v1/acp/sessions/{ref}/history</c>.</summary>
public sealed record AcpHistoryDocument(string Id, string? SessionId, int Count, IReadOnlyList<AcpHistoryEntry> Entries);

/// <param name="Role"><c>user</c>, <c>assistant</c>, <c>tool</c> or <c>notice</c>.</param>
/// <param name="At">When it was said; of an answer, when it was complete.</param>
public sealed record AcpHistoryEntry(string Role, DateTimeOffset At, string Text, string? RequestId);

/// <summary>How a prompt stands, or went.</summary>
/// <param name="Status"><c>queued</c>, <c>running</c>, <c>completed</c>, <c>cancelled</c>, <c>timed-out</c>, <c>refused</c> (it never began) or <c>failed</c>.</param>
/// <param name="StopReason">The protocol's word, when the agent answered.</param>
/// <param name="Problem">What went wrong.</param>
/// <param name="Text">All the agent said.</param>
public sealed record PromptResultDocument(
    string RequestId,
    string Session,
    string Status,
    string? StopReason,
    string? Problem,
    string? ProblemType,
    string? Text,
    AcpUsage? Usage,
    PermissionCounts? Permissions,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt);

/// <summary>Tokens of one turn, as the agent counted them.</summary>
public sealed record AcpUsage(long? InputTokens, long? OutputTokens, long? TotalTokens);

/// <summary>What became of a turn's permission requests.</summary>
public sealed record PermissionCounts(int Asked, int Approved, int Denied);

/// <summary>
/// One part of a prompt's answer and of <c>watch</c>. A <c>message</c> carries what the agent wrote, as it wrote it; the others are
/// agentctl's: <c>accepted</c>, <c>notice</c>, <c>started</c>, <c>approval</c>, <c>answered</c>, <c>cancel</c>, <c>exit</c>, <c>closed</c>, <c>result</c>.
/// </summary>
/// <param name="Cursor">Go on after this part.</param>
public sealed record AcpEvent(
    string Type,
    string Cursor,
    DateTimeOffset? At = null,
    string? RequestId = null,
    AcpSessionDocument? Session = null,
    JsonElement? Prompt = null,
    JsonElement? Message = null,
    ApprovalRow? Approval = null,
    string? Text = null,
    PromptResultDocument? Result = null);

/// <summary>Answer of <c>GET /v1/approvals</c>.</summary>
public sealed record ApprovalsDocument(IReadOnlyList<ApprovalRow> Approvals, IReadOnlyList<WaitingElsewhere> Elsewhere);

/// <summary>A question that agentctl can answer.</summary>
/// <param name="Session"><c>adapter/id</c>.</param>
/// <param name="Tool">The kind of tool, as the agent claims.</param>
/// <param name="Where">What it is about.</param>
public sealed record ApprovalRow(
    string Id, string Session, string Agent, string? Cwd, string Tool, string Title, IReadOnlyList<string> Where, DateTimeOffset AskedAt, DateTimeOffset? ExpiresAt);

/// <summary>A session that waits for a human in a way that agentctl cannot answer.</summary>
/// <param name="How">Where to answer it.</param>
public sealed record WaitingElsewhere(string Session, string? Reason, string? Cwd, string How, DateTimeOffset? Since);
