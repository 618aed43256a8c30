using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli;

/// <summary>
/// Asks the daemon; when it goes away before it has answered, asks in process. A question is asked again; an order is carried out once:
/// it is repeated only where repeating changes nothing, completed by <see cref="OrderRecovery"/>, or sent once. A stream that has begun
/// is not begun again.
/// </summary>
/// <param name="note">Tells the user, on stderr, what became of an order whose answer was lost.</param>
/// <param name="admission">Tells the user what an order waits for; null = nothing is said.</param>
internal sealed class DaemonOrSelf(IAgentctlApi daemon, Func<IAgentctlApi> self, Action<string> note, AdmissionNotice? admission = null) : IAgentctlApi
{
    private readonly OrderRecovery recovery = new(daemon, self, note);

    public Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken) => Ask(api => api.List(query, cancellationToken));

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken) => Ask(api => api.FollowList(query, cancellationToken));

    public Task<ApiReply> Status(string reference, CancellationToken cancellationToken) => Ask(api => api.Status(reference, cancellationToken));

    public Task<ApiReply> Explain(string reference, CancellationToken cancellationToken) => Ask(api => api.Explain(reference, cancellationToken));

    public Task<ApiReply> Usage(string reference, CancellationToken cancellationToken) => Ask(api => api.Usage(reference, cancellationToken));

    public Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken) =>
        Ask(api => api.Transcript(reference, query, cancellationToken));

    /// <summary>Always this process: an agent inherits the environment of the process that starts it, which must be the caller's.</summary>
    public Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) => self().Launch(order, cancellationToken);

    public Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken) => recovery.Stop(order, cancellationToken);

    /// <summary>Once: a daemon that goes away in between may have passed the message on.</summary>
    public Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken) => daemon.Send(reference, order, cancellationToken);

    /// <summary>Once: a second interrupt would hit the next turn.</summary>
    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) => recovery.Once(api => api.Cancel(reference, cancellationToken));

    public Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken) => Ask(api => api.Wait(order, cancellationToken));

    public Task<ApiReply> Locks(CancellationToken cancellationToken) => Ask(api => api.Locks(cancellationToken));

    /// <summary>The order has an id: when the daemon took the lock and died before it answered, this process finds its own lock.</summary>
    public Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken)
    {
        var named = order with { Id = order.Id ?? LaunchId.New() };
        return Announced(Ask(api => api.TakeLock(named, cancellationToken)));
    }

    public Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken) => Announced(recovery.ReleaseLock(directory, cancellationToken));

    public Task<ApiReply> Queue(CancellationToken cancellationToken) => Ask(api => api.Queue(cancellationToken));

    public Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken) => Announced(recovery.ChangeQueue(order, cancellationToken));

    public Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken) => Ask(api => api.Hooks(reference, cancellationToken));

    public Task<ApiReply> Fuses(CancellationToken cancellationToken) => Ask(api => api.Fuses(cancellationToken));

    public Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken) => Announced(recovery.ChangeFuse(order, cancellationToken));

    public Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken) => Announced(recovery.Prune(dryRun, api => api.Prune(dryRun, cancellationToken)));

    public Task<ApiParts> Events(string? after, CancellationToken cancellationToken) => Ask(api => api.Events(after, cancellationToken));

    /// <summary>Once: a daemon that goes away in between may have taken it.</summary>
    public Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken) => Announced(daemon.NewAcpSession(order, cancellationToken));

    public Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken) => Ask(api => api.AcpSessions(all, cancellationToken));

    public Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken) => Ask(api => api.AcpSession(reference, cancellationToken));

    public Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken) => Ask(api => api.AcpHistory(reference, last, cancellationToken));

    public Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken) => recovery.CloseAcpSession(reference, cancellationToken);

    /// <summary>Once: a later setting of somebody else stays.</summary>
    public Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken) => daemon.SetAcp(reference, order, cancellationToken);

    public Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken) => recovery.Prune(order.DryRun, api => api.PruneAcp(order, cancellationToken));

    /// <summary>Once: the caller sends an order with an id again to the next daemon.</summary>
    public async Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken)
    {
        var parts = await Announced(daemon.Prompt(order, cancellationToken));
        return parts.IsOk && admission is not null ? parts with { Parts = admission.During(parts.Parts, cancellationToken) } : parts;
    }

    public Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken) => daemon.PromptResult(requestId, wait, cancellationToken);

    public Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken) => daemon.WatchAcp(reference, after, requestId, cancellationToken);

    public Task<ApiReply> Approvals(CancellationToken cancellationToken) => Ask(api => api.Approvals(cancellationToken));

    /// <summary>Once: the same question may have been asked anew.</summary>
    public Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken) => daemon.AnswerApproval(order, cancellationToken);

    private Task<T> Announced<T>(Task<T> order) => admission?.During(order) ?? order;

    private async Task<T> Ask<T>(Func<IAgentctlApi, Task<T>> question)
    {
        try
        {
            return await question(daemon);
        }
        catch (DaemonLostException)
        {
            return await question(self());
        }
    }
}
