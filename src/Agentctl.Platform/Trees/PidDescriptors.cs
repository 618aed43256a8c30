using System.Diagnostics;
using Agentctl.Core;

namespace Agentctl.Platform;

/// <summary>Waits for ends of processes by pidfds, on the calling thread.</summary>
internal static unsafe class PidDescriptors
{
    /// <summary>So many are waited for at once; more take more rounds.</summary>
    private const int Most = 256;

    /// <summary>Until all have ended, or the time is over.</summary>
    public static void WaitForAll(IReadOnlyList<ProcessEntry> processes, int limitMs)
    {
        var clock = Stopwatch.StartNew();
        Span<int> open = stackalloc int[Math.Min(processes.Count, Most)];
        var count = 0;
        foreach (var process in processes)
        {
            if (count < open.Length && ProcessCalls.PidFdOpen(process.Pid) is >= 0 and var descriptor)
            {
                open[count++] = descriptor;
            }
        }

        var asked = stackalloc PollCalls.PollDescriptor[1];
        for (var i = 0; i < count; i++)
        {
            var left = limitMs - (int)clock.ElapsedMilliseconds;
            if (left > 0)
            {
                *asked = new PollCalls.PollDescriptor { Descriptor = open[i], Events = PollCalls.POLLIN };
                _ = PollCalls.Poll(asked, 1, left);
            }

            _ = FileCalls.Close(open[i]);
        }
    }
}
