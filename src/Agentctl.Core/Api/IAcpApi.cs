namespace Agentctl.Core;

/// <summary>What is asked about ACP sessions. Every answer is a document of its own name, or a <see cref="ProblemDocument"/>.</summary>
public interface IAcpApi
{
    /// <summary>The <see cref="AcpSessionDocument"/>, when its agent has told its session.</summary>
    Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken);

    /// <summary>An <see cref="AcpSessionsDocument"/>.</summary>
    /// <param name="all">Closed ones too.</param>
    Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken);

    /// <summary>The <see cref="AcpSessionDocument"/>.</summary>
    Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken);

    /// <summary>An <see cref="AcpHistoryDocument"/>: the newest <paramref name="last"/> entries, all when null.</summary>
    Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken);

    /// <summary>The <see cref="AcpSessionDocument"/>, closed. Its history stays.</summary>
    Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken);

    /// <summary>The <see cref="AcpSessionDocument"/> with the setting in force.</summary>
    Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken);

    /// <summary>Removes closed sessions: a <see cref="PruneDocument"/>.</summary>
    Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken);

    /// <summary><see cref="AcpEvent"/>s up to the prompt's result.</summary>
    Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken);

    /// <summary>A <see cref="PromptResultDocument"/>.</summary>
    /// <param name="wait">Only when it is over.</param>
    Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken);

    /// <summary><see cref="AcpEvent"/>s from the beginning or after a cursor, without a gap.</summary>
    /// <param name="requestId">End with the result of this prompt; null = never.</param>
    Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken);

    /// <summary>An <see cref="ApprovalsDocument"/>.</summary>
    Task<ApiReply> Approvals(CancellationToken cancellationToken);

    /// <summary>The <see cref="ApprovalRow"/> that is answered now.</summary>
    Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken);
}
