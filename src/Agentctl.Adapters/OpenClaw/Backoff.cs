using System.Threading.Channels;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Waits between attempts: doubling from <paramref name="first"/> to <paramref name="most"/>, a fifth more or less by chance, so that many watchers do not come together.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most, Func<double> chance)
{
    private readonly Channel<bool> cut = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int attempt;

    public static Backoff Default() => new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), Random.Shared.NextDouble);

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        var doubled = first * Math.Pow(2, Math.Min(attempt++, 20));
        var wait = (doubled < most ? doubled : most) * (0.8 + (0.4 * chance()));
        return wait < first ? first : wait > most ? most : wait;
    }

    public async Task Wait(TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Next(), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        await cut.Reader.ReadAsync(either.Token);
    }

    public void Reset() => attempt = 0;

    /// <summary>Ends the current wait; without one, the next.</summary>
    public void Cut() => cut.Writer.TryWrite(true);
}
