using Agentctl.Platform;

namespace Agentctl.Daemon;

/// <summary>
/// Gives memory back after a burst. A first look at thousands of sessions, or a long list, leaves garbage that the collector would
/// keep until the next burst; a daemon that rests should be small. One compacting collection, a moment after much work.
/// </summary>
internal sealed class RestAfterWork : IDisposable
{
    /// <summary>So much garbage is worth a collection: as much as what is held, and at the least and the most this.</summary>
    private const long LeastBytes = 8 * 1024 * 1024, MostBytes = 24 * 1024 * 1024;

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ITimer timer;
    private long allocatedAtRest = GC.GetTotalAllocatedBytes();
    private long much = LeastBytes;
    private int isDue;

    public RestAfterWork(TimeProvider time) => timer = time.CreateTimer(static rest => ((RestAfterWork)rest!).Rest(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>After each request: nothing is scheduled for small ones, and nothing ever runs while none come.</summary>
    public void Worked()
    {
        // Once due it is not put off: who asks without pause must not keep the memory of the first answer.
        if (GC.GetTotalAllocatedBytes() - Interlocked.Read(ref allocatedAtRest) > Interlocked.Read(ref much) && Interlocked.Exchange(ref isDue, 1) == 0)
        {
            timer.Change(Moment, Timeout.InfiniteTimeSpan);
        }
    }

    private void Rest()
    {
        Volatile.Write(ref isDue, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        NativeHeap.GiveBack();
        Interlocked.Exchange(ref much, Math.Clamp(GC.GetTotalMemory(forceFullCollection: false), LeastBytes, MostBytes));
        Interlocked.Exchange(ref allocatedAtRest, GC.GetTotalAllocatedBytes());
    }

    public void Dispose() => timer.Dispose();
}
