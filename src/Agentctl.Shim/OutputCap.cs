using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// Keeps the output files small on disk although they grow: their fronts are given back, offsets stay true. Woken by writes, at most
/// ten times a second.
/// </summary>
internal sealed class OutputCap
{
    private const long BlockBytes = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileEvents events;
    private readonly long capBytes;
    private readonly int[] files;
    private readonly long[] freedTo;
    private bool hasRested = true;

    private OutputCap(FileEvents events, long capBytes, int[] files)
    {
        this.events = events;
        this.capBytes = capBytes;
        this.files = files;
        freedTo = new long[files.Length];
    }

    /// <summary>When the next look is due.</summary>
    public Countdown Rest { get; } = new();

    /// <summary>Null when nothing is to be kept small, or writes cannot be seen here.</summary>
    public static OutputCap? TryWatch(RunningAgent agent, long capBytes, LaunchFolder folder, PollLoop loop)
    {
        if (capBytes <= 0 || FileEvents.TryWatch(folder.Path(LaunchFiles.Output), folder.Path(LaunchFiles.Errors)) is not { } events)
        {
            return null;
        }

        var cap = new OutputCap(events, capBytes, [agent.Output, agent.Errors]);
        loop.Add(events.Descriptor, () => cap.hasRested ? Readiness.Read : Readiness.None, _ => cap.Look());
        return cap;
    }

    /// <summary>The pause is over: writes wake us again.</summary>
    public void LookAgain()
    {
        if (Rest.IsDue)
        {
            Rest.Clear();
            hasRested = true;
        }
    }

    private void Look()
    {
        events.Drain();
        hasRested = !Rest.Set(Pause);
        for (var i = 0; i < files.Length; i++)
        {
            var free = (HolePunch.SizeOf(files[i]) - capBytes) / BlockBytes * BlockBytes;

            // An eighth more than asked for, so that a chatty agent does not cost a call for every block.
            if (free - freedTo[i] > capBytes / 8 && HolePunch.TryFree(files[i], freedTo[i], free))
            {
                freedTo[i] = free;
            }
        }
    }
}
