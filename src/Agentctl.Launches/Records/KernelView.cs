using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>What the kernel knows of a launch, laid over what its files say.</summary>
internal static class KernelView
{
    /// <summary>A launch whose files do not show that it lives, and whose lease is held all the same.</summary>
    public static Launch Of(Launch launch, HeldLease holder)
    {
        // An end that a directory claims says nothing of a shim whose lease is another file and whose agent runs.
        var exit = holder is { IsInPlace: false, Shim: not null } ? null : launch.Exit;
        var seen = launch with
        {
            Exit = exit,
            RefutedExit = exit is null ? launch.Exit : launch.RefutedExit,
            Standing = LaunchStandings.Of(holder.Shim is not null, holder.IsLocked && holder.Agent is not null, exit is not null),
            Holder = holder,

            // Of a directory that is gone nothing tells when it was made.
            Record = launch.Record.LaunchedAt == DateTimeOffset.UnixEpoch ? launch.Record with { LaunchedAt = holder.Since } : launch.Record,
        };
        if (exit is not null)
        {
            // Its marker is removed at its end, and its shim ends a moment later; a child that it kept may hold byte 1 for longer.
            return seen;
        }

        var fact = $"{WhatHappened(holder)}, but {WhoShowsIt(holder)}, so it lives";
        return Doubted(seen, fact);
    }

    /// <summary>
    /// A launch that a shim holds, with the directory and the ACP session that the shim was started for, and as running if the shim has
    /// children: an agent can write otherwise to have its directory or its slot given away.
    /// </summary>
    public static Launch OfShim(Launch launch, ProcessEntry shim, IProcessTable processes)
    {
        if (launch.IsQueued && ProcessTrees.Below(processes, shim.Pid, static _ => false).Count > 0)
        {
            launch = Doubted(launch with { Queued = null }, $"{LaunchFiles.Queued} says that it waits for its turn, but its shim, {shim.Identity}, has started its agent");
        }

        if (shim.Environment is not { } variables || !variables.ContainsKey(ShimProtocol.Folder) || variables.GetValueOrDefault(ShimProtocol.Directory) is not ['/', ..] directory)
        {
            return launch;
        }

        var conversation = variables.GetValueOrDefault(ShimProtocol.Conversation);
        return directory == launch.Record.Cwd && conversation == launch.Record.Conversation
            ? launch
            : Doubted(
                launch with { Record = launch.Record with { Cwd = directory, Conversation = conversation } },
                $"{LaunchFiles.Launch} names another directory or ACP session than its shim was started for, in {directory}; the shim's environment is believed");
    }

    private static Launch Doubted(Launch launch, string fact) => launch with { Damage = launch.Damage is null ? fact : $"{launch.Damage}; {fact}" };

    private static string WhatHappened(HeldLease holder) =>
        holder.IsInPlace ? "its marker of life was deleted"
        : holder.MovedTo is { } path ? $"its lease was moved to {path}"
        : "its lease was removed or replaced";

    private static string WhoShowsIt(HeldLease holder) => holder switch
    {
        { Shim: { } shim } => $"its shim, {shim}, holds the lock",
        { IsLocked: true } => $"its agent, {holder.Agent}, holds the lock",
        _ => $"its agent, {holder.Agent}, carries {ShimProtocol.Cookie}",
    };
}
