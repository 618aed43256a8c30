using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>What is asked about ACP sessions.</summary>
public sealed partial class SessionService
{
    private readonly AcpStore acpStore;
    private readonly Conversations conversations;

    /// <summary>Goes on with ACP sessions that a driver before has left; for the daemon, at its start. How many there were.</summary>
    /// <param name="told">Receives what goes wrong while nobody asks.</param>
    public int AdoptConversations(Action<string> told) => conversations.AdoptAll(told);

    public Task<ApiReply> NewAcpSession(AcpSessionOrder order, CancellationToken cancellationToken) => Guarded(() => conversations.New(order, cancellationToken));

    public Task<ApiReply> AcpSessions(bool all, CancellationToken cancellationToken) => Guarded(() => conversations.List(all, cancellationToken));

    public Task<ApiReply> AcpSession(string reference, CancellationToken cancellationToken) => Guarded(() => Task.FromResult(conversations.Show(reference)));

    public Task<ApiReply> AcpHistory(string reference, int? last, CancellationToken cancellationToken) => Guarded(() => Task.FromResult(conversations.History(reference, last)));

    public Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken) => Guarded(() => conversations.Close(reference, cancellationToken));

    public Task<ApiReply> SetAcp(string reference, AcpSetOrder order, CancellationToken cancellationToken) => Guarded(() => conversations.Set(reference, order, null, cancellationToken));

    public Task<ApiReply> PruneAcp(AcpPruneOrder order, CancellationToken cancellationToken) => Guarded(() => Task.FromResult(conversations.Prune(order)));

    public async Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken)
    {
        try
        {
            return await conversations.Prompt(order, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException or CannotLookException or InvalidDataException)
        {
            var problem = Replies.Failed(refusal.Message);
            return new ApiParts(problem.Status, problem.Body, Nothing());
        }
    }

    public Task<ApiReply> PromptResult(string requestId, bool wait, CancellationToken cancellationToken) => Guarded(() => conversations.Result(requestId, wait, cancellationToken));

    public Task<ApiParts> WatchAcp(string reference, string? after, string? requestId, CancellationToken cancellationToken) =>
        Task.FromResult(conversations.Watch(reference, after, requestId, cancellationToken));

    public Task<ApiReply> Approvals(CancellationToken cancellationToken) => Guarded(async () =>
    {
        var ours = conversations.Approvals();
        var asking = ours.Select(static row => row.Session).ToHashSet(StringComparer.Ordinal);
        var discovered = await discovery.Look(Reach.Active, since: null, adapter: null, cancellationToken).ConfigureAwait(false);
        return Replies.Ok(
            new ApprovalsDocument(
                ours,
                [
                    .. discovered.Sessions
                        .Where(session => session.State == SessionState.Waiting && !asking.Contains(session.Sighting.Name))
                        .Select(session => new WaitingElsewhere(session.Sighting.Name, session.Verdict.Reason, session.Sighting.Cwd, WhereToAnswer(session), session.Verdict.Decider.ObservedAt)),
                ]),
            ApiJson.Readable.ApprovalsDocument);
    });

    public Task<ApiReply> AnswerApproval(ApprovalOrder order, CancellationToken cancellationToken) => Guarded(() => Task.FromResult(conversations.Answer(order)));

    /// <summary>The ACP session that a reference means, when its agent lives or it is named as such.</summary>
    private async Task<AcpRecord?> ConversationOf(string reference, CancellationToken cancellationToken)
    {
        if (acpStore.Find(reference) is { } exact)
        {
            return exact;
        }

        return await discovery.Find(reference, cancellationToken).ConfigureAwait(false) is Lookup.Found { Session.Sighting.Facts.Launch.Conversation: { } id } ? acpStore.Find(id) : null;
    }

    private static string WhereToAnswer(Session session) => session.Sighting.Owner switch
    {
        Owner.Terminal => $"in its terminal (pid {session.Sighting.Facts.Process?.Pid})",
        Owner.Ide => $"in the editor that runs it (pid {session.Sighting.Facts.Process?.Pid})",
        Owner.ClaudeDaemon => $"agentctl attach {session.Id}",
        Owner.CodexDaemon => $"agentctl attach {session.Id}",
        Owner.Gateway => "at the gateway",
        _ => $"see: agentctl explain {session.Id}",
    };
}
