using System.Threading.Channels;

namespace Agentctl.Sessions;

/// <summary>Wakes followers when something may have changed. Many raises before a follower looks are one.</summary>
internal sealed class ChangeSignal
{
    private readonly Lock gate = new();
    private readonly List<Action> listeners = [];
    private long version;

    /// <summary>Grows with every raise.</summary>
    public long Version => Interlocked.Read(ref version);

    public void Raise()
    {
        Interlocked.Increment(ref version);
        Action[] now;
        lock (gate)
        {
            now = [.. listeners];
        }

        foreach (var listener in now)
        {
            listener();
        }
    }

    public IDisposable Listen(Action listener)
    {
        lock (gate)
        {
            listeners.Add(listener);
        }

        return new Subscription(this, listener);
    }

    /// <summary>A follower's own doorbell.</summary>
    public Doorbell Subscribe() => new(this);

    private void Forget(Action listener)
    {
        lock (gate)
        {
            listeners.Remove(listener);
        }
    }

    private sealed class Subscription(ChangeSignal signal, Action listener) : IDisposable
    {
        public void Dispose() => signal.Forget(listener);
    }

    internal sealed class Doorbell : IDisposable
    {
        private readonly Channel<bool> rings = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly IDisposable subscription;

        public Doorbell(ChangeSignal signal) => subscription = signal.Listen(() => rings.Writer.TryWrite(true));

        /// <summary>Waits for a raise since the last wait, at most <paramref name="longest"/>: the safety net under the events.</summary>
        /// <returns>False when the time was over first.</returns>
        public async Task<bool> Wait(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
        {
            using var limit = new CancellationTokenSource(longest, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                return await rings.Reader.ReadAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The safety net: look although nothing rang.
                return false;
            }
        }

        public void Dispose() => subscription.Dispose();
    }
}
