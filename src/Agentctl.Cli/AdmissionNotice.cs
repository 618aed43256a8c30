using System.Runtime.CompilerServices;

namespace Agentctl.Cli;

/// <summary>
/// Tells the user, once, that the daemon cannot carry out an order because another process holds the admission lock. A command that
/// carries it out itself is told by the lock; the daemon has no terminal.
/// </summary>
/// <param name="holder">Describes the process that holds the lock; null when it is free, or the daemon's own.</param>
internal sealed class AdmissionNotice(Func<string?> holder, TimeProvider time, Action<string> note)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private bool isTold;

    public async Task<T> During<T>(Task<T> order)
    {
        if (!isTold && !order.IsCompleted)
        {
            using var answered = new CancellationTokenSource();
            if (await Task.WhenAny(order, Task.Delay(Patience, time, answered.Token)) != order && holder() is { } process)
            {
                isTold = true;
                note($"the daemon waits for the admission lock, held by {process}");
            }

            await answered.CancelAsync();
        }

        return await order;
    }

    /// <summary>The same parts; a part that takes long is what waits.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> During(IAsyncEnumerable<ReadOnlyMemory<byte>> parts, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var each = parts.GetAsyncEnumerator(cancellationToken);
        while (await During(each.MoveNextAsync().AsTask()))
        {
            yield return each.Current;
        }
    }
}
