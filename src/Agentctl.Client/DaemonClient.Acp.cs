using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Client;

public sealed partial class DaemonClient
{
    public Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken) => Post("/v1/acp/sessions", order, ApiJson.Readable.AcpSessionOrder, cancellationToken);

    public Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken) => Ask("GET", Target.Of("/v1/acp/sessions", "all", all ? "true" : null), cancellationToken);

    public Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken) => Ask("GET", Target.OfAcp(reference), cancellationToken);

    public Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken) =>
        Ask("GET", Target.Of(Target.OfAcp(reference) + "/history", "last", last?.ToString()), cancellationToken);

    public Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken) => Ask("POST", Target.OfAcp(reference) + "/close", cancellationToken);

    public Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken) =>
        Post(Target.OfAcp(reference) + "/set", order, ApiJson.Readable.AcpSetOrder, cancellationToken);

    public Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken) => Post("/v1/acp/prune", order, ApiJson.Readable.AcpPruneOrder, cancellationToken);

    public Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken) =>
        AskForParts("/v1/acp/prompts", cancellationToken, "POST", JsonSerializer.SerializeToUtf8Bytes(order, ApiJson.Readable.PromptOrder), together: true);

    public Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken) =>
        Ask("GET", Target.Of($"/v1/acp/prompts/{Uri.EscapeDataString(requestId)}", "wait", wait ? "true" : null), cancellationToken);

    public Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken) =>
        AskForParts(Target.Of(Target.OfAcp(reference) + "/watch", ("after", after), ("requestId", requestId)), cancellationToken, together: true);

    public Task<ApiReply> Approvals(CancellationToken cancellationToken) => Ask("GET", "/v1/approvals", cancellationToken);

    public Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken) => Post("/v1/approvals", order, ApiJson.Readable.ApprovalOrder, cancellationToken);
}
