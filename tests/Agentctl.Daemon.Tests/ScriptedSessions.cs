using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Daemon.Tests;

/// <summary>A sessions' side that answers what the test says, and keeps what it was asked.</summary>
internal sealed class ScriptedSessions : IAgentctlApi
{
    private int open;

    /// <summary>Every call, in words.</summary>
    public List<string> Asked { get; } = [];

    public ApiReply Reply { get; set; } = new(200, "{\"sessions\":[],\"adapters\":[]}"u8.ToArray());

    public SessionCounts Counts { get; set; } = new(0, 0, new Dictionary<string, IReadOnlyDictionary<string, int>>(), []);

    /// <summary>What streams give; they end when it is completed, or with their reader.</summary>
    public Channel<string> Parts { get; set; } = Channel.CreateUnbounded<string>();

    /// <summary>Streams that somebody is reading now.</summary>
    public int OpenStreams => Volatile.Read(ref open);

    public Func<CancellationToken, Task>? BeforeReply { get; set; }

    public static ApiReply Problem(int status, string type) => new(status, JsonSerializer.SerializeToUtf8Bytes(
        new ProblemDocument(type, "title", status, "detail"), ApiJson.Readable.ProblemDocument));

    public Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken) => Answer($"list {query}", cancellationToken);

    public Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) => Answer($"launch {order.Adapter}: {order.Prompt}", cancellationToken);

    public Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken) => Answer($"stop {string.Join(' ', order.Sessions)} force={order.Force}", cancellationToken);

    public Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken) => Answer($"send {reference}: {order.Text}", cancellationToken);

    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) => Answer($"cancel {reference}", cancellationToken);

    public Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken) => Answer($"wait {string.Join(' ', order.Sessions)} for {order.For}", cancellationToken);

    public Task<ApiReply> Locks(CancellationToken cancellationToken) => Answer("locks", cancellationToken);

    public Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken) => Answer($"lock {order.Directory} by {order.By}", cancellationToken);

    public Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken) => Answer($"unlock {directory}", cancellationToken);

    public Task<ApiReply> Queue(CancellationToken cancellationToken) => Answer("queue", cancellationToken);

    public Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken) => Answer($"queue {order.Action} {order.Reference} {order.Place}", cancellationToken);

    public Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken) => Answer($"hooks {reference}", cancellationToken);

    public Task<ApiReply> Fuses(CancellationToken cancellationToken) => Answer("fuses", cancellationToken);

    public Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken) => Answer($"fuse {order.Action} {order.Directory}", cancellationToken);

    public Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken) => Answer($"prune {dryRun}", cancellationToken);

    public Task<ApiParts> Events(string? after, CancellationToken cancellationToken) => Stream($"events {after}", cancellationToken);

    public Task<ApiReply> Status(string reference, CancellationToken cancellationToken) => Answer($"status {reference}", cancellationToken);

    public Task<ApiReply> Explain(string reference, CancellationToken cancellationToken) => Answer($"explain {reference}", cancellationToken);

    public Task<ApiReply> Usage(string reference, CancellationToken cancellationToken) => Answer($"usage {reference}", cancellationToken);

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken) => Stream($"follow {query}", cancellationToken);

    public Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken) =>
        Stream($"transcript {reference} {query}", cancellationToken);

    public Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken) => Answer($"acp new {order.Agent} {order.Cwd} {order.Name} {order.Mode} ensure={order.Ensure}", cancellationToken);

    public Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken) => Answer($"acp list {all}", cancellationToken);

    public Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken) => Answer($"acp show {reference}", cancellationToken);

    public Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken) => Answer($"acp history {reference} {last}", cancellationToken);

    public Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken) => Answer($"acp close {reference}", cancellationToken);

    public Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken) => Answer($"acp set {reference} {order.ModeId}{order.Model}{order.Option}={order.Value}", cancellationToken);

    public Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken) => Answer($"acp prune {order.DryRun}", cancellationToken);

    public Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken) => Stream($"prompt {order.Session}: {order.Text}", cancellationToken);

    public Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken) => Answer($"result {requestId} {wait}", cancellationToken);

    public Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken) => Stream($"watch {reference} {after} {requestId}", cancellationToken);

    public Task<ApiReply> Approvals(CancellationToken cancellationToken) => Answer("approvals", cancellationToken);

    public Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken) => Answer($"approval {order.Id} {order.Allow} {order.Always}", cancellationToken);

    private async Task<ApiReply> Answer(string asked, CancellationToken cancellationToken)
    {
        Asked.Add(asked);
        await (BeforeReply?.Invoke(cancellationToken) ?? Task.CompletedTask);
        return Reply;
    }

    private Task<ApiParts> Stream(string asked, CancellationToken cancellationToken)
    {
        Asked.Add(asked);
        return Task.FromResult(Reply.IsOk
            ? new ApiParts(200, default, Read(cancellationToken))
            : new ApiParts(Reply.Status, Reply.Body, Read(cancellationToken)));
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Read([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref open);
        try
        {
            await foreach (var part in Parts.Reader.ReadAllAsync(cancellationToken))
            {
                yield return Encoding.UTF8.GetBytes(part);
            }
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }
}
