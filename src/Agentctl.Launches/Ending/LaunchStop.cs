using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>How stopping a launch went.</summary>
/// <param name="Launch">As it stands afterwards.</param>
/// <param name="Asked">What was asked of whom, in order.</param>
/// <param name="Leftovers">What could not be ended.</param>
public sealed record LaunchStopOutcome(Launch Launch, IReadOnlyList<string> Asked, IReadOnlyList<Leftover> Leftovers)
{
    /// <summary>Nothing of it lives any more.</summary>
    public bool IsOver => Launch is { IsHeld: false, IsQueued: false };
}

/// <summary>
/// Stops what agentctl launched: through its shim, which owns the tree; where the shim was killed or does not answer, by what the kernel
/// knows of it. The request is durable before the first signal, so the end counts as asked for whatever comes in between.
/// </summary>
public sealed class LaunchStop(LaunchStore store, Undertaker undertaker, DirectoryLocks locks, TimeProvider time)
{
    /// <summary>What a shim may need beyond the deadline: its rounds of SIGKILL and its records.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>How often a shim that is ending its agent is looked at: the agent may stop it meanwhile.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long the command that starts a shim may take until the shim listens.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long the kernel may take to free the lease of a shim that is gone.</summary>
    private static readonly TimeSpan DyingPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DyingPause = TimeSpan.FromMilliseconds(20);

    private readonly SilentShim silent = new(store.Places, time);

    public async Task<LaunchStopOutcome> Stop(Launch launch, TimeSpan deadline, string by, CancellationToken cancellationToken)
    {
        var asked = new List<string>();
        var limit = deadline < ShimProtocol.LongestDeadline ? deadline : ShimProtocol.LongestDeadline;
        var isObeyed = launch.Standing == LaunchStanding.Held && await StopThroughShim(launch, limit, by, asked, cancellationToken).ConfigureAwait(false);
        var now = Look(launch);
        if (now.Standing == LaunchStanding.Held && !(isObeyed && await Answers(launch, cancellationToken).ConfigureAwait(false)))
        {
            _ = await silent.End(now, limit, by, asked, cancellationToken).ConfigureAwait(false);
            now = await Settled(launch, cancellationToken).ConfigureAwait(false);
        }

        if (now.Exit is null && now.Remains is { Lives: true, CannotTell: false } remains)
        {
            now = await EndRemains(now, remains, limit, by, asked, cancellationToken).ConfigureAwait(false);
        }

        if (!now.IsHeld)
        {
            // A shim that was killed could not remove it; the kernel keeps one that is not empty.
            LaunchCgroup.TryOpen(now.Agent?.Cgroup, now.Id)?.Remove();
        }

        return new LaunchStopOutcome(now, asked, [.. (now.Exit?.Leftovers ?? []).Where(static left => left.Outcome == Leftover.Left)]);
    }

    /// <summary>False when the shim did not take the request.</summary>
    private async Task<bool> StopThroughShim(Launch launch, TimeSpan deadline, string by, List<string> asked, CancellationToken cancellationToken)
    {
        silent.Continue(launch, asked);
        using var shim = await OpenShim(launch, cancellationToken).ConfigureAwait(false);
        if (shim is null || !await shim.Stop(deadline, by, cancellationToken).ConfigureAwait(false))
        {
            // Stopped after it was looked at: the request waits in its socket.
            if (shim is not { IsSilent: true } || !silent.Continue(launch, asked))
            {
                return false;
            }
        }

        asked.Add(launch.Agent is null ? "its shim to leave before its agent begins" : $"the shim (pid {launch.Agent.ShimPid}) to end the agent{(deadline > TimeSpan.Zero ? $" within {deadline.TotalSeconds:0.#} s" : " at once")}");
        var ended = shim.Ended(cancellationToken);
        var began = time.GetTimestamp();
        while (!ended.IsCompleted && time.GetElapsedTime(began) is var passed && passed < deadline + Grace)
        {
            await Task.WhenAny(ended, Task.Delay(LookEvery, time, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            silent.Continue(launch, asked);
        }

        return true;
    }

    /// <summary>The kernel frees the lease of a shim that was killed when its last thread has ended, a moment after the process is gone.</summary>
    private async Task<Launch> Settled(Launch launch, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var now = Look(launch);
        while (now.Standing == LaunchStanding.Held && time.GetElapsedTime(began) < DyingPatience)
        {
            await Task.Delay(DyingPause, time, cancellationToken).ConfigureAwait(false);
            now = Look(launch);
        }

        return now;
    }

    /// <summary>A shim that answers is doing what it can: it waits for a process that even SIGKILL does not end, or for a disk that takes the record.</summary>
    private async Task<bool> Answers(Launch launch, CancellationToken cancellationToken)
    {
        using var shim = await ShimConnection.TryOpen(store.Places, launch.Id, cancellationToken).ConfigureAwait(false);
        return shim is not null && await shim.Status(cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>What is left of a launch whose shim was killed: its agent, what descends from it, and what carries its cookie.</summary>
    public async Task<Launch> EndRemains(
        Launch launch, Remains remains, TimeSpan deadline, string by, List<string> asked, CancellationToken cancellationToken)
    {
        var folder = store.Places.Of(launch.Id);
        if (launch.Stop is null && launch.Holder is not { IsInPlace: false })
        {
            LaunchFolder.Write(folder, LaunchFiles.Stop, new StopRecord(by, time.GetUtcNow()), LaunchJson.Default.StopRecord);
        }

        var tree = new FollowedTree(table => RootsOf(launch, table), Path.Combine(folder, LaunchFiles.Lease));
        asked.Add($"SIGTERM to {remains.Processes.Count} process{(remains.Processes.Count == 1 ? "" : "es")} that a killed shim left ({remains.Fact})");
        await TreeEnding.End(tree.Members, deadline, time, cancellationToken).ConfigureAwait(false);
        return Look(launch with { Stop = null });
    }

    /// <summary>The agent, what is in the launch's cgroup, and whatever carries its cookie: all that a dead shim leaves.</summary>
    private IEnumerable<ProcessEntry> RootsOf(Launch launch, IProcessTable table) =>
        Undertaker.LeftBehind(launch, table).Select(left => table.Find(left.Pid, left.StartTicks)).Append(undertaker.ProvenAgent(launch, table)).OfType<ProcessEntry>();

    private Launch Look(Launch launch) =>
        store.Find(launch.Id) is { } found ? undertaker.Attend(found, ProcessTable.Take()) : launch with { Standing = LaunchStanding.Ended };

    /// <summary>A shim that is only starting has no socket yet; the command that starts it holds the admission lock until it has.</summary>
    private async Task<ShimConnection?> OpenShim(Launch launch, CancellationToken cancellationToken)
    {
        if (await ShimConnection.TryOpen(store.Places, launch.Id, cancellationToken).ConfigureAwait(false) is { } open)
        {
            return open;
        }

        if (launch.Agent is not null)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartPatience);
        try
        {
            using (await Admission.Enter(store, undertaker, locks, ProcessTable.Take, limit.Token).ConfigureAwait(false))
            {
                return await ShimConnection.TryOpen(store.Places, launch.Id, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
