namespace Agentctl.Adapters.OpenClaw;

/// <summary>The one connection that follows a gateway, for as long as anybody watches. Thread-safe.</summary>
/// <param name="start">Starts a follower that calls what it is given after each change.</param>
internal sealed class SharedFollower(Func<Action, GatewayFollower> start) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<Action> watchers = [];

    /// <summary>Followers that were asked to end and may not have ended yet.</summary>
    private readonly List<GatewayFollower> ending = [];
    private GatewayFollower? current;

    /// <summary>Null while nobody watches.</summary>
    public GatewayFollower? Current => Volatile.Read(ref current);

    /// <summary>How many followers are kept, those that are ending included.</summary>
    public int Kept
    {
        get
        {
            lock (gate)
            {
                ending.RemoveAll(static one => one.HasEnded);
                return ending.Count + (current is null ? 0 : 1);
            }
        }
    }

    public IDisposable Watch(Action changed)
    {
        lock (gate)
        {
            watchers.Add(changed);
            current ??= start(Changed);
        }

        return new Watching(this, changed);
    }

    public async ValueTask DisposeAsync()
    {
        List<GatewayFollower> all;
        lock (gate)
        {
            all = current is { } last ? [.. ending, last] : [.. ending];
            current = null;
            ending.Clear();
        }

        foreach (var one in all)
        {
            await one.DisposeAsync();
        }
    }

    private void Changed()
    {
        Action[] all;
        lock (gate)
        {
            all = [.. watchers];
        }

        foreach (var watcher in all)
        {
            watcher();
        }
    }

    private void Unwatch(Action changed)
    {
        GatewayFollower? last = null;
        lock (gate)
        {
            watchers.Remove(changed);
            ending.RemoveAll(static one => one.HasEnded);
            if (watchers.Count == 0 && current is not null)
            {
                last = current;
                current = null;
                ending.Add(last);
            }
        }

        last?.Stop();
    }

    private sealed class Watching(SharedFollower owner, Action changed) : IDisposable
    {
        private int isDisposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isDisposed, 1) == 0)
            {
                owner.Unwatch(changed);
            }
        }
    }
}
