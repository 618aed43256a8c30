using System.Text.Json;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Sessions;

namespace Agentctl.Cli;

/// <summary>
/// Completes orders whose daemon went away before it answered, in this process and without carrying any of them out twice. An order that
/// undoes something looks at the thing before it is sent; when that thing is gone afterwards, the daemon had removed it, and whatever has
/// taken its place meanwhile belongs to somebody else and stays (docs/specs/api.md, "When the daemon goes away").
/// </summary>
/// <param name="note">Tells the user, on stderr.</param>
internal sealed class OrderRecovery(IAgentctlApi daemon, Func<IAgentctlApi> self, Action<string> note)
{
    private const string WentAway = "agentctld went away while it carried this out";
    private const string FiringNeedsDaemon = "It fires only while a daemon runs: agentctl daemon start";

    public async Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken)
    {
        LockRow? before = null;
        try
        {
            before = LockOn(directory, await daemon.Locks(cancellationToken));
            return await daemon.ReleaseLock(directory, cancellationToken);
        }
        catch (DaemonLostException lost)
        {
            if (!lost.WasSent || before is null || LockOn(directory, await self().Locks(cancellationToken)) is { } now && now.LockedAt == before.LockedAt && now.LockedBy == before.LockedBy)
            {
                return await self().ReleaseLock(directory, cancellationToken);
            }

            note($"{WentAway}; the lock on {before.Directory} is gone");
            return Replies.Ok(before, ApiJson.Readable.LockRow);
        }
    }

    public async Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken)
    {
        FuseRow? before = null;
        try
        {
            before = FuseOn(order.Directory, await daemon.Fuses(cancellationToken));
            return await daemon.ChangeFuse(order, cancellationToken);
        }
        catch (DaemonLostException lost)
        {
            var fuses = await self().Fuses(cancellationToken);
            var now = FuseOn(order.Directory, fuses);
            if (lost.WasSent && now != before && (order.Action == "cancel" ? before : now) is { } changed)
            {
                note(order.Action == "cancel" ? $"{WentAway}; the fuse on {changed.Directory} is gone" : $"{WentAway}; the fuse on {changed.Directory} is set. {FiringNeedsDaemon}");
                return fuses;
            }

            var reply = await self().ChangeFuse(order, cancellationToken);
            if (reply.IsOk && order.Action != "cancel")
            {
                note($"agentctld went away, and this process set the fuse. {FiringNeedsDaemon}");
            }

            return reply;
        }
    }

    /// <summary>A place in the queue and a release can be stated twice; a launch that was cancelled is found ended.</summary>
    public async Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken)
    {
        try
        {
            return await daemon.ChangeQueue(order, cancellationToken);
        }
        catch (DaemonLostException lost)
        {
            var reply = await self().ChangeQueue(order, cancellationToken);
            if (reply.IsOk || !lost.WasSent || order.Action == "move" || await self().Status(order.Reference, cancellationToken) is not { IsOk: true } shown)
            {
                return reply;
            }

            var row = JsonSerializer.Deserialize(shown.Whole().Span, ApiJson.Default.SessionRow)!;
            if (SessionStates.FromWord(row.Status)?.IsTerminal() != (order.Action == "cancel"))
            {
                return reply;
            }

            note($"{WentAway}; {order.Reference} no longer waits in the queue: it is {row.Status}");
            return await self().Queue(cancellationToken);
        }
    }

    /// <summary>Stopping is repeated: what has ended is reported as already stopped, and what still runs was to be stopped.</summary>
    public async Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken)
    {
        try
        {
            return await daemon.Stop(order, cancellationToken);
        }
        catch (DaemonLostException lost)
        {
            var reply = await self().Stop(order, cancellationToken);
            if (reply.Status != 404 || !lost.WasSent || order.Group is not { } group)
            {
                return reply;
            }

            note($"{WentAway}; no session of group {group} is active any more");
            return Replies.Ok(new StopDocument([]), ApiJson.Readable.StopDocument);
        }
    }

    /// <summary>By the id that the reference means now: the same name may mean a newer session afterwards.</summary>
    public async Task<ApiReply> CloseAcpSession(string reference, CancellationToken cancellationToken)
    {
        try
        {
            if (await daemon.AcpSession(reference, cancellationToken) is { IsOk: true } shown)
            {
                reference = JsonSerializer.Deserialize(shown.Whole().Span, ApiJson.Default.AcpSessionDocument)!.Id;
            }

            return await daemon.CloseAcpSession(reference, cancellationToken);
        }
        catch (DaemonLostException)
        {
            return await self().CloseAcpSession(reference, cancellationToken);
        }
    }

    /// <summary>What has expired can be removed only once; the answer names what was left to remove.</summary>
    public async Task<ApiReply> Prune(bool isDryRun, Func<IAgentctlApi, Task<ApiReply>> order)
    {
        try
        {
            return await order(daemon);
        }
        catch (DaemonLostException lost)
        {
            var reply = await order(self());
            if (reply.IsOk && lost.WasSent && !isDryRun)
            {
                note($"{WentAway}; what it had removed by then is gone and is not listed");
            }

            return reply;
        }
    }

    /// <summary>An order that can be carried out only by the next thing of its kind: it is sent once, unless no daemon got it.</summary>
    public async Task<ApiReply> Once(Func<IAgentctlApi, Task<ApiReply>> order)
    {
        try
        {
            return await order(daemon);
        }
        catch (DaemonLostException lost) when (!lost.WasSent)
        {
            return await order(self());
        }
    }

    private static LockRow? LockOn(string directory, ApiReply locks)
    {
        var real = RealPath.TryResolve(directory) ?? directory;
        return locks.IsOk ? JsonSerializer.Deserialize(locks.Whole().Span, ApiJson.Default.LocksDocument)!.Locks.FirstOrDefault(row => row.Type != "auto" && row.Directory == real) : null;
    }

    private static FuseRow? FuseOn(string directory, ApiReply fuses)
    {
        var real = RealPath.TryResolve(directory) ?? directory;
        return fuses.IsOk ? JsonSerializer.Deserialize(fuses.Whole().Span, ApiJson.Default.FusesDocument)!.Fuses.FirstOrDefault(row => row.Directory == real) : null;
    }
}
