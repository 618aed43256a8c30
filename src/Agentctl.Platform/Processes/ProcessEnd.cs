using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>Waits for the end of one process that is not our child.</summary>
public static class ProcessEnd
{
    private const int SliceMs = 100;

    /// <summary>True when it has ended, false when the time is over first.</summary>
    public static Task<bool> Wait(ProcessEntry process, TimeSpan limit, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            for (var left = limit; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(SliceMs))
            {
                if (ProcStat.StartTicksOf(process.Pid) != process.StartTicks)
                {
                    return true;
                }

                cancellationToken.ThrowIfCancellationRequested();
                PidDescriptors.WaitForAll([process], SliceMs);
            }

            return ProcStat.StartTicksOf(process.Pid) != process.StartTicks;
        },
        cancellationToken);
}
