using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Launches;

/// <summary>The output files of a launch that has ended.</summary>
public static class LaunchOutput
{
    /// <summary>
    /// Gives everything but the last bytes back to the disk, as the shim does while the agent runs; offsets stay true. For launches whose
    /// reader kept more than the cap while it read.
    /// </summary>
    /// <param name="launch">Its record says how much is kept.</param>
    public static void KeepWithinCap(LaunchPlaces places, Launch launch)
    {
        if (launch is not { Exit: not null, Record.OutputCapBytes: > 0 and var cap })
        {
            return;
        }

        foreach (var name in (string[])[LaunchFiles.Output, LaunchFiles.Errors])
        {
            HolePunch.KeepLast(Path.Combine(places.Of(launch.Id), name), cap);
        }
    }
}
