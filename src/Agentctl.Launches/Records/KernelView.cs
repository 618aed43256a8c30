using Agentctl.Core;

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
        return seen with { Damage = launch.Damage is null ? fact : $"{launch.Damage}; {fact}" };
    }

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
