using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>What people ask of fuses.</summary>
internal sealed class Fusing(AgentEnvironment environment, LaunchStore store, Undertaker undertaker, DirectoryLocks locks, DirectoryFuses fuses, TimeProvider time)
{
    public ApiReply List()
    {
        var problems = new List<string>();
        var burning = fuses.Burning(problems);
        problems.AddRange(burning
            .Where(static one => WebhookAddress.Wrong(one.Fuse.OnExpire?.Webhook) is not null)
            .Select(static one => $"the webhook of the fuse on {one.Fuse.Directory} will not be called: {WebhookAddress.Wrong(one.Fuse.OnExpire?.Webhook)}"));
        return Replies.Ok(new FusesDocument([.. burning.Select(static one => one.Fuse)], problems), ApiJson.Readable.FusesDocument);
    }

    public async Task<ApiReply> Change(FuseOrder order, CancellationToken cancellationToken)
    {
        if (Wrong(order) is { } wrong)
        {
            return Replies.BadRequest(wrong);
        }

        var full = environment.FullPath(order.Directory);
        var directory = RealPath.TryResolve(full) ?? full;
        var ttl = order.TtlMs is { } ms ? TimeSpan.FromMilliseconds(ms) : DirectoryFuses.UsualTime;
        using var admission = await Admission.Enter(store, undertaker, locks, ProcessTable.Take, cancellationToken).ConfigureAwait(false);
        switch (order.Action)
        {
            case "set" when !Directory.Exists(directory):
                return Replies.BadRequest($"There is no directory {order.Directory}.");
            case "set":
                fuses.Set(new FuseRow(directory, (long)ttl.TotalMilliseconds, time.GetUtcNow() + ttl, order.SessionId ?? "", order.OnExpire, order.Label));
                return List();
            case "extend":
                return fuses.Extend(directory, ttl) ? List() : None(order.Directory);
            default:
                return fuses.Cancel(directory) ? List() : None(order.Directory);
        }
    }

    private static string? Wrong(FuseOrder order) =>
        order.Action is not ("set" or "extend" or "cancel") ? "A fuse can be set, extended or cancelled."
        : string.IsNullOrEmpty(order.Directory) ? "Which directory?"
        : order.TtlMs is { } ms && (ms <= 0 || Lifetime.TryFromSeconds(ms / 1000.0) is null) ? $"The time of a fuse ('ttlMs') must be {Lifetime.Range}, and more than 0."
        : WebhookAddress.Wrong(order.OnExpire?.Webhook);

    private static ApiReply None(string directory) => Replies.Problem(new ProblemDocument(
        "/problems/no-fuse", "No fuse", 404, $"No active fuse for directory: {directory}. See what there is: agentctl fuses"));
}
