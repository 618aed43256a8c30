using System.Text;
using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Cli.Tests;

internal sealed partial class ScriptedSessions
{
    public AcpSessionDocument Conversation { get; set; } = new()
    {
        Id = "0k3n8v4w2r7p", SessionId = "s-1", Agent = "claude", Adapter = "claude-code", Cwd = "/home/dev/shop", Mode = AcpModes.Persistent, Closed = false,
        CreatedAt = new DateTimeOffset(2026, 11, 21, 6, 0, 0, TimeSpan.Zero), LastUsedAt = new DateTimeOffset(2026, 11, 21, 6, 30, 0, TimeSpan.Zero), Status = "idle", Permissions = "approve-reads",
    };

    public PromptResultDocument Came { get; set; } = new("0k3n8v4w2r7p.4f2a9c", "0k3n8v4w2r7p", "completed", "end_turn", null, null, "hello", null, null, null, null);
    public ApprovalsDocument Asking { get; set; } = new([], []);

    /// <summary>What the agent writes in a turn, one message each.</summary>
    public List<string> Messages { get; } = [];

    public Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken) => Answer(order, Conversation, ApiJson.Readable.AcpSessionDocument);

    public Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken) => Answer(all, new AcpSessionsDocument([Conversation], []), ApiJson.Readable.AcpSessionsDocument);

    public Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken) => Answer(reference, Conversation, ApiJson.Readable.AcpSessionDocument);

    public Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken) =>
        Answer((reference, last), new AcpHistoryDocument(Conversation.Id, Conversation.SessionId, 0, []), ApiJson.Readable.AcpHistoryDocument);

    public Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken) => Answer(reference, Conversation with { Closed = true }, ApiJson.Readable.AcpSessionDocument);

    public Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken) => Answer((reference, order), Conversation, ApiJson.Readable.AcpSessionDocument);

    public Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken) => Answer(order, Pruned, ApiJson.Readable.PruneDocument);

    /// <summary>When a prompt is accepted.</summary>
    public Task Accepting { get; set; } = Task.CompletedTask;

    public async Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken)
    {
        Asked.Add(order);
        await Accepting.WaitAsync(cancellationToken);
        return Parts(
        [
            Event(new AcpEvent("accepted", "1..0", RequestId: Came.RequestId, Session: Conversation)),
            .. Messages.Select(static message => Encoding.UTF8.GetBytes($"{{\"type\":\"message\",\"cursor\":\"2..0\",\"message\":{message}}}")),
            Event(new AcpEvent("result", "3..0", RequestId: Came.RequestId, Result: Came)),
        ]);
    }

    public Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken) => Answer((requestId, wait), Came, ApiJson.Readable.PromptResultDocument);

    public Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken)
    {
        Asked.Add((reference, after, requestId));
        return Task.FromResult(Parts([]));
    }

    public Task<ApiReply> Approvals(CancellationToken cancellationToken) => Answer("approvals", Asking, ApiJson.Readable.ApprovalsDocument);

    public Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken) => Answer(order, Asking.Approvals[0], ApiJson.Readable.ApprovalRow);

    private static byte[] Event(AcpEvent told) => JsonSerializer.SerializeToUtf8Bytes(told, ApiJson.Readable.AcpEvent);
}
