using Agentctl.Core;

namespace Agentctl.Launches;

/// <summary>What the kernel knows of a launch, laid over what its files say.</summary>
internal static class KernelView
{
    /// <summary>A launch whose files do not show that it lives, and whose lease is held all the same.</summary>
    public static Launch Of(Launch launch, HeldLease holder)
    {
        var seen = launch with
        {
            Standing = LaunchStandings.Of(holder.Shim is not null, holder.Agent is not null, launch.Exit is not null),
            Holder = holder,

            // Of a directory that is gone nothing tells when it was made.
            Record = launch.Record.LaunchedAt == DateTimeOffset.UnixEpoch ? launch.Record with { LaunchedAt = holder.Since } : launch.Record,
        };
        if (holder.IsInPlace && launch.Exit is not null)
        {
            // Its marker goes with its end, and its shim a moment later.
            return seen;
        }

        var what = holder.IsInPlace ? "its marker of life was deleted" : "its lease was removed or replaced";
        var who = holder.Shim is { } shim ? $"its shim, {shim}" : $"its agent, {holder.Agent}";
        var fact = $"{what}, but {who}, holds the lock, so it lives";
        return seen with { Damage = launch.Damage is null ? fact : $"{launch.Damage}; {fact}" };
    }
}
