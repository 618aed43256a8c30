using System.Globalization;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>Steps that end in time: in their own failure when they are late, in cancellation when the caller gave up.</summary>
internal static class Deadline
{
    public static async Task<T> Within<T>(
        TimeSpan deadline, TimeProvider time, Func<CancellationToken, Task<T>> step, Func<Exception> late, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await step(either.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw late();
        }
    }

    public static Task Within(TimeSpan deadline, TimeProvider time, Func<CancellationToken, Task> step, Func<Exception> late, CancellationToken cancellationToken) =>
        Within<bool>(
            deadline,
            time,
            async token =>
            {
                await step(token);
                return true;
            },
            late,
            cancellationToken);

    public static string Text(TimeSpan deadline) => string.Create(CultureInfo.InvariantCulture, $"{deadline.TotalSeconds:0.#} s");
}
