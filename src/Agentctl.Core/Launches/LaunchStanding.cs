namespace Agentctl.Core;

/// <summary>Where a launch stands, from its lease and its exit record alone.</summary>
public enum LaunchStanding
{
    /// <summary>The shim holds it and no end is recorded.</summary>
    Held,

    /// <summary>The end is recorded; the shim is about to give the lease back. Still held.</summary>
    Ending,

    /// <summary>The end is recorded and the shim is gone. A kept child may still hold byte 1: that holds nothing any more.</summary>
    Ended,

    /// <summary>The shim is gone without a record, and the agent proves by byte 1 that it lives.</summary>
    ShimLost,

    /// <summary>The shim is gone without a record, and byte 1 is free: that proves nothing, agents do not pass it on. The agent's identity and cookie must be asked.</summary>
    Unattended,
}

/// <summary>The rule of architecture.md section 6, all of it.</summary>
public static class LaunchStandings
{
    /// <param name="shimHolds">Byte 0 of the lease is locked.</param>
    /// <param name="agentHolds">Byte 1 of the lease is locked.</param>
    /// <param name="hasExitRecord">exit.json is there.</param>
    public static LaunchStanding Of(bool shimHolds, bool agentHolds, bool hasExitRecord) => (shimHolds, agentHolds, hasExitRecord) switch
    {
        (true, _, false) => LaunchStanding.Held,
        (true, _, true) => LaunchStanding.Ending,
        (false, _, true) => LaunchStanding.Ended,
        (false, true, false) => LaunchStanding.ShimLost,
        (false, false, false) => LaunchStanding.Unattended,
    };
}
