using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Client;

/// <summary>
/// Stops and restarts the daemon. Whom to stop is learned from the kernel, over an open connection to the socket; a pid is never
/// read from a file. It is over when the lock is free.
/// </summary>
public static class DaemonControl
{
    /// <summary>How long a daemon may take to end by itself.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task<StopOutcome> Stop(
        AgentEnvironment environment, TimeProvider time, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        var began = time.GetTimestamp();
        var limit = deadline ?? DefaultDeadline;
        var lockPath = DaemonProtocol.LockPath(environment.AgentctlHome);
        while (true)
        {
            var found = await DaemonConnection.TryConnect(environment, cancellationToken).ConfigureAwait(false);
            switch (found)
            {
                case ConnectOutcome.Up { Client: var client }:
                    return await AskToStop(client, environment, time, limit, cancellationToken).ConfigureAwait(false);
                case ConnectOutcome.OtherEnvironment { Client: var client }:
                    return await AskToStop(client, environment, time, limit, cancellationToken).ConfigureAwait(false);
                case ConnectOutcome.NotAnswering { Pid: var pid }:
                    return await Kill(Identify(pid), pid, environment, time, began, cancellationToken).ConfigureAwait(false);
                case ConnectOutcome.Refused refused:
                    return new StopOutcome.Failed(refused.Problem);
            }

            if (!Lease.IsHeld(lockPath))
            {
                return StopOutcome.NotRunning.Instance;
            }

            // Between taking the lock and listening, or between unlistening and its end: soon it is one of the two.
            if (time.GetElapsedTime(began) > limit)
            {
                return new StopOutcome.Failed($"{lockPath} is held, but nobody listens beside it; see {DaemonProtocol.LogPath(environment.AgentctlHome)}");
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops it if it runs, then starts it.</summary>
    public static async Task<StartOutcome> Restart(
        AgentEnvironment environment, TimeProvider time, CancellationToken cancellationToken, TimeSpan? patience = null) =>
        await Stop(environment, time, cancellationToken).ConfigureAwait(false) is StopOutcome.Failed failed
            ? new StartOutcome.Failed(failed.Problem)
            : await DaemonStarter.Ensure(environment, cancellationToken, patience).ConfigureAwait(false);

    private static async Task<StopOutcome> AskToStop(
        DaemonClient client, AgentEnvironment environment, TimeProvider time, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var pid = client.Peer.Pid;

        // Identified while the connection proves that it lives.
        var identity = Identify(pid);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            using (client)
            {
                await RequestStop(client, deadline.Token).ConfigureAwait(false);
            }

            await UntilFree(identity, environment, time, deadline.Token).ConfigureAwait(false);
            return new StopOutcome.Stopped(pid, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return await Kill(identity, pid, environment, time, began, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task RequestStop(DaemonClient client, CancellationToken cancellationToken)
    {
        try
        {
            _ = await client.RequestStop(cancellationToken).ConfigureAwait(false);
        }
        catch (DaemonLostException)
        {
            // It is ending already, for this request or for another reason.
        }
    }

    private static async Task<StopOutcome> Kill(
        ProcessIdentity? identity, int pid, AgentEnvironment environment, TimeProvider time, long began, CancellationToken cancellationToken)
    {
        if (identity is not { } known)
        {
            return new StopOutcome.Failed($"agentctld does not answer, and its process (pid {pid}) is not visible from here; end it where it was started");
        }

        if (DaemonProof.WhyNotTheDaemon(pid, environment) is { } doubt)
        {
            return new StopOutcome.Failed(
                $"process {pid} listens on {DaemonProtocol.SocketPath(environment.AgentctlHome)} and does not answer, but it is not proven to be agentctld ({doubt}); nothing was signalled. See what it is: ps -fp {pid}; to end it: kill {pid}");
        }

        if (!ProcessSignal.TryKill(known, out var problem))
        {
            return new StopOutcome.Failed($"agentctld (pid {pid}) does not answer and could not be killed: {problem}");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(AfterKill);
        try
        {
            await UntilFree(known, environment, time, deadline.Token).ConfigureAwait(false);
            return new StopOutcome.Killed(pid, time.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StopOutcome.Failed($"agentctld (pid {pid}) was killed, and its lock is still held; see who: /proc/locks");
        }
    }

    private static ProcessIdentity? Identify(int pid) => pid > 0 ? ProcessTable.Take().Find(pid)?.Identity : null;

    /// <summary>
    /// Waits for the process's end, then for its lock. The lock may already be another's, who was waiting for it: that one is not ours to wait for.
    /// </summary>
    private static async Task UntilFree(ProcessIdentity? identity, AgentEnvironment environment, TimeProvider time, CancellationToken cancellationToken)
    {
        if (identity is { } known)
        {
            var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var watch = ExitWatch.Start();
            using var watched = watch.TryWatch(known, exited.SetResult);
            if (watched is not null)
            {
                await exited.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        while (Lease.IsHeld(DaemonProtocol.LockPath(environment.AgentctlHome)))
        {
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
