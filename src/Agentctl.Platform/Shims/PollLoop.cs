namespace Agentctl.Platform;

/// <summary>What a descriptor is ready for.</summary>
[Flags]
public enum Readiness
{
    None = 0,
    Read = 1,
    Write = 4,

    /// <summary>The other side is gone, or the descriptor is broken.</summary>
    Gone = 8,
}

/// <summary>
/// One thread, one poll(2): all there is to a shim. Nothing here takes a thread or a task, and nothing runs while nothing happens.
/// </summary>
public sealed unsafe class PollLoop
{
    private readonly List<(int Descriptor, Func<Readiness> Wants, Action<Readiness> Ready)> watched = [];

    /// <summary>Calls <paramref name="ready"/> whenever the descriptor is ready for what <paramref name="wants"/> says at that time.</summary>
    public void Add(int descriptor, Func<Readiness> wants, Action<Readiness> ready) => watched.Add((descriptor, wants, ready));

    public void Remove(int descriptor) => watched.RemoveAll(one => one.Descriptor == descriptor);

    /// <summary>Waits for the next things to happen and has them dealt with.</summary>
    /// <param name="longest">Null = until something happens.</param>
    public void Turn(TimeSpan? longest)
    {
        var count = watched.Count;
        var asked = stackalloc PollCalls.PollDescriptor[count];
        for (var i = 0; i < count; i++)
        {
            asked[i] = new PollCalls.PollDescriptor { Descriptor = watched[i].Descriptor, Events = (short)((int)watched[i].Wants() & (PollCalls.POLLIN | PollCalls.POLLOUT)) };
        }

        var timeoutMs = longest is { } limit ? (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue) : -1;
        if (PollCalls.Poll(asked, (nuint)count, timeoutMs) <= 0)
        {
            return;
        }

        // A handler may add and remove: what is called next is looked up, not indexed.
        for (var i = 0; i < count; i++)
        {
            if (asked[i].Happened == 0)
            {
                continue;
            }

            var descriptor = asked[i].Descriptor;
            var happened = (Readiness)(asked[i].Happened & (PollCalls.POLLIN | PollCalls.POLLOUT))
                | ((asked[i].Happened & (PollCalls.POLLERR | PollCalls.POLLHUP | 32)) != 0 ? Readiness.Gone : Readiness.None);
            watched.Find(one => one.Descriptor == descriptor).Ready?.Invoke(happened);
        }
    }
}
