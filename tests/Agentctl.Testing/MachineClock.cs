using System.Diagnostics;
using System.Globalization;

namespace Agentctl.Testing;

/// <summary>
/// Measures how much time this machine could give to a test. A second counts in full while a processor is free, and a tenth
/// while ten times as many threads want to run as there are processors. Deadlines measured with it catch a hang on an idle
/// machine as early as a wall clock would, and leave a busy machine the time that it needs.
/// </summary>
public sealed class MachineClock
{
    /// <summary>Bounds how much longer a hang takes to be noticed on a machine that stays overloaded.</summary>
    private const double GreatestSlowdown = 20;

    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(100);
    private static readonly Lock Gate = new();
    private static readonly List<(TimeSpan At, TaskCompletionSource Reached)> Waiting = [];
    private static readonly Stopwatch WallClock = Stopwatch.StartNew();
    private static readonly Timer Sampling = new(static _ => Sample(), null, TimeSpan.Zero, SampleInterval);
    private static TimeSpan counted;
    private static TimeSpan sampledAt;

    private readonly TimeSpan began = Now;

    private static TimeSpan Now
    {
        get
        {
            GC.KeepAlive(Sampling);
            lock (Gate)
            {
                return counted;
            }
        }
    }

    /// <summary>What has counted since this clock was made.</summary>
    public TimeSpan Elapsed => Now - began;

    /// <summary>How much of a wall-clock interval counts.</summary>
    /// <param name="wall">The interval.</param>
    /// <param name="runnable">Threads that run or could run.</param>
    /// <param name="processors">Processors of the machine.</param>
    public static TimeSpan Counted(TimeSpan wall, int runnable, int processors) =>
        wall / Math.Clamp((double)runnable / processors, 1, GreatestSlowdown);

    /// <summary>A task that ends when this much time has counted.</summary>
    public static Task After(TimeSpan time)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (Gate)
        {
            GC.KeepAlive(Sampling);
            Waiting.Add((counted + time, reached));
        }

        return reached.Task;
    }

    /// <summary>A source that cancels its token when this much time has counted.</summary>
    public static CancellationTokenSource CancelAfter(TimeSpan time, CancellationToken also = default)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(also);
        _ = After(time).ContinueWith(
            static (_, state) =>
            {
                try
                {
                    ((CancellationTokenSource)state!).Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // The test is over.
                }
            },
            source, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return source;
    }

    private static void Sample()
    {
        var runnable = Runnable();
        List<TaskCompletionSource> reached = [];
        lock (Gate)
        {
            var now = WallClock.Elapsed;
            counted += Counted(now - sampledAt, runnable, Environment.ProcessorCount);
            sampledAt = now;
            for (var i = Waiting.Count - 1; i >= 0; i--)
            {
                if (Waiting[i].At <= counted)
                {
                    reached.Add(Waiting[i].Reached);
                    Waiting.RemoveAt(i);
                }
            }
        }

        foreach (var one in reached)
        {
            one.TrySetResult();
        }
    }

    /// <summary>From <c>/proc/loadavg</c>: <c>0.52 0.58 0.59 3/412 8123</c>. Where there is none, every second counts in full.</summary>
    private static int Runnable()
    {
        if (!File.Exists("/proc/loadavg"))
        {
            return 1;
        }

        var field = File.ReadAllText("/proc/loadavg").Split(' ')[3];
        return int.Parse(field.AsSpan(0, field.IndexOf('/', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }
}
