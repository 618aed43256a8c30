using Agentctl.Testing;
using Xunit;

namespace Agentctl.Cli.Tests;

public sealed class AdmissionNoticeTests
{
    private readonly FakeClock clock = new();
    private readonly List<string> said = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Order_that_waits_for_the_lock_names_its_holder_once()
    {
        var notice = new AdmissionNotice(static () => "pid 7 (sh)", clock, said.Add);
        var order = new TaskCompletionSource<int>();

        var answer = notice.During(order.Task);
        clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Empty(said);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await Eventually.True("the notice", TimeSpan.FromSeconds(20), () => said.Count > 0);
        Assert.False(answer.IsCompleted);
        order.SetResult(3);

        Assert.Equal(3, await answer.WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.Equal(["the daemon waits for the admission lock, held by pid 7 (sh)"], said);
    }

    [Fact]
    public async Task Order_that_waits_for_something_else_says_nothing()
    {
        var asked = 0;
        var notice = new AdmissionNotice(() =>
        {
            Interlocked.Increment(ref asked);
            return null;
        }, clock, said.Add);
        var order = new TaskCompletionSource<int>();

        var answer = notice.During(order.Task);
        clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.True("the question", TimeSpan.FromSeconds(20), () => Volatile.Read(ref asked) > 0);
        order.SetResult(3);

        Assert.Equal(3, await answer.WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.Empty(said);
    }

    [Fact]
    public async Task Parts_pass_unchanged()
    {
        var notice = new AdmissionNotice(static () => "pid 7 (sh)", clock, said.Add);
        var passed = new List<byte>();
        await foreach (var part in notice.During(Parts(), Token))
        {
            passed.AddRange(part.Span);
        }

        Assert.Equal([1, 2, 3], passed);
        Assert.Empty(said);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Parts()
    {
        for (byte part = 1; part <= 3; part++)
        {
            await Task.Yield();
            yield return new[] { part };
        }
    }
}
