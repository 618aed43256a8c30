using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Shim;

/// <summary>
/// Keeps the output files small on disk although they grow: their fronts are given back, offsets stay true. Where somebody reads the
/// output, only what he needs no longer is, and what he still needs has a limit. Woken by writes, at most ten times a second; where the kernel tells of no writes, once a second.
/// </summary>
internal sealed class OutputCap
{
    private const long BlockBytes = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BlindPause = TimeSpan.FromSeconds(1);

    private readonly FileEvents? events;
    private readonly long capBytes;
    private readonly long limitBytes;
    private readonly int[] files;
    private readonly long[] freedTo;
    private long neededFrom;
    private bool hasRested = true;

    private OutputCap(FileEvents? events, Orders orders, int[] files)
    {
        this.events = events;
        capBytes = orders.OutputCapBytes;
        limitBytes = orders.OutputLimitBytes;
        neededFrom = limitBytes > 0 ? 0 : long.MaxValue;
        this.files = files;
        freedTo = new long[files.Length];
    }

    /// <summary>When the next look is due.</summary>
    public Countdown Rest { get; } = new();

    /// <summary>More is needed of the output than may be.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Null when the output has neither a cap nor a limit.</summary>
    public static OutputCap? Begin(RunningAgent agent, Orders orders, LaunchFolder folder, PollLoop loop)
    {
        if (orders is { OutputCapBytes: <= 0, OutputLimitBytes: <= 0 })
        {
            return null;
        }

        var writes = FileEvents.TryWatch(folder.Path(LaunchFiles.Output), folder.Path(LaunchFiles.Errors));
        var cap = new OutputCap(writes, orders, [agent.Output, agent.Errors]);
        if (writes is null)
        {
            cap.Rest.Set(BlindPause);
        }
        else
        {
            loop.Add(writes.Descriptor, () => cap.hasRested ? Readiness.Read : Readiness.None, _ => cap.Look());
        }

        return cap;
    }

    /// <summary>Its reader needs nothing any more that stands before.</summary>
    public void NeedFrom(long offset) => neededFrom = Math.Max(neededFrom, offset);

    /// <summary>The pause is over: writes wake us again.</summary>
    public void LookAgain()
    {
        if (!Rest.IsDue)
        {
            return;
        }

        Rest.Clear();
        hasRested = true;
        if (events is null)
        {
            Look();
        }
    }

    private void Look()
    {
        events?.Drain();
        hasRested = !Rest.Set(events is null ? BlindPause : Pause);
        for (var i = 0; i < files.Length; i++)
        {
            var size = HolePunch.SizeOf(files[i]);
            var needed = i == 0 ? neededFrom : long.MaxValue;
            IsOver |= limitBytes > 0 && size - needed > limitBytes;
            if (capBytes <= 0)
            {
                continue;
            }

            var free = Math.Min(size - capBytes, needed) / BlockBytes * BlockBytes;

            // An eighth more than asked for, so that a chatty agent does not cost a call for every block.
            if (free - freedTo[i] > capBytes / 8 && HolePunch.TryFree(files[i], freedTo[i], free))
            {
                freedTo[i] = free;
            }
        }
    }
}
