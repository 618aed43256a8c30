using System.Diagnostics;

namespace Agentctl.Testing;

/// <summary>Waits for a condition of the outside world; a timeout reports the last value seen. Deadlines are measured with <see cref="MachineClock"/>.</summary>
public static class Eventually
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Until <paramref name="look"/> gives something that <paramref name="isThere"/>; that is returned.</summary>
    public static async Task<T> See<T>(string what, TimeSpan deadline, Func<Task<T>> look, Func<T, bool> isThere)
    {
        var machine = new MachineClock();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var began = clock.Elapsed;
            var seen = await look();
            if (isThere(seen))
            {
                return seen;
            }

            if (machine.Elapsed > deadline)
            {
                throw new TimeoutException($"did not see {what} within {deadline.TotalSeconds:0.#} s; saw last: {seen}");
            }

            // A look may be a handful of processes: who waits for a slow agent leaves it most of the machine.
            var pause = (clock.Elapsed - began) * 3;
            await Task.Delay(pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause, Xunit.TestContext.Current.CancellationToken);
        }
    }

    public static Task<T> See<T>(string what, TimeSpan deadline, Func<T> look, Func<T, bool> isThere) =>
        See(what, deadline, () => Task.FromResult(look()), isThere);

    /// <summary>Until <paramref name="isTrue"/>.</summary>
    public static Task True(string what, TimeSpan deadline, Func<bool> isTrue) => See(what, deadline, isTrue, seen => seen);
}
