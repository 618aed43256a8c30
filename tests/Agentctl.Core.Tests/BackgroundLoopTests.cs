using Agentctl.Testing;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class BackgroundLoopTests
{
    private readonly FakeClock time = new();
    private readonly List<(BackgroundLoopReport Report, Exception Failure)> failures = [];

    /// <summary>Exceptions that no list of "expected" ones names, among them a cancellation that is not the loop's own.</summary>
    public static TheoryData<Exception> Unexpected =>
        [new InvalidOperationException("one"), new KeyNotFoundException("two"), new OperationCanceledException("three"), new NotSupportedException("four"), new FormatException("five")];

    [Theory]
    [MemberData(nameof(Unexpected))]
    public async Task Loop_that_throws_is_counted_and_started_again(Exception failure)
    {
        var loops = Loops();
        using var started = new SemaphoreSlim(0);
        var starts = 0;
        await using var loop = loops.Start("fuses", async (_, token) =>
        {
            started.Release();
            if (Interlocked.Increment(ref starts) <= 2)
            {
                throw failure;
            }

            await Task.Delay(Timeout.Infinite, token);
        });

        await Started(started);
        await AdvanceUntilStarted(started, TimeSpan.FromSeconds(1));
        await AdvanceUntilStarted(started, TimeSpan.FromSeconds(2));

        var report = Assert.Single(loops.Reports());
        Assert.Equal(("fuses", 2, failure.Message, false), (report.Name, report.Failures, report.LastFailure, report.IsPaused));
        Assert.Equal(2, failures.Count);
        Assert.All(failures, told => Assert.Same(failure, told.Failure));
    }

    [Fact]
    public async Task Piece_of_work_that_throws_does_not_end_the_loop()
    {
        var loops = Loops();
        var done = new TaskCompletionSource<bool[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var loop = loops.Start("launches", async (self, token) =>
        {
            var first = await self.Try("prune", _ => throw new InvalidOperationException("torn"), token);
            var second = await self.Try("look after launches", _ => Task.CompletedTask, token);
            done.SetResult([first, second]);
            await Task.Delay(Timeout.Infinite, token);
        });

        bool[] results = await done.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal([false, true], results);
        var report = Assert.Single(loops.Reports());
        Assert.Equal((1, "could not prune: torn"), (report.Failures, report.LastFailure));
    }

    [Fact]
    public async Task Disposal_ends_the_work_and_removes_the_report()
    {
        var loops = Loops();
        var hasEnded = false;
        using var started = new SemaphoreSlim(0);
        var loop = loops.Start("changes", async (_, token) =>
        {
            started.Release();
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                hasEnded = true;
            }
        });
        await Started(started);

        await loop.DisposeAsync();

        Assert.True(hasEnded);
        Assert.Empty(loops.Reports());
        Assert.Empty(failures);
    }

    [Fact]
    public async Task Disposal_in_the_pause_after_a_failure_does_not_wait_for_its_end()
    {
        var loops = Loops();
        using var started = new SemaphoreSlim(0);
        var loop = loops.Start("changes", (_, _) =>
        {
            started.Release();
            throw new InvalidOperationException("again");
        });
        await Started(started);

        await loop.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Empty(loops.Reports());
    }

    private BackgroundLoops Loops() => new(time, (report, failure) => failures.Add((report, failure)));

    private static async Task Started(SemaphoreSlim started) =>
        Assert.True(await started.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

    /// <summary>The pause may begin a moment after the failure was counted: the clock is advanced until the next start.</summary>
    private async Task AdvanceUntilStarted(SemaphoreSlim started, TimeSpan step)
    {
        for (var tries = 0; tries < 1000; tries++)
        {
            time.Advance(step);
            if (await started.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken))
            {
                return;
            }
        }

        Assert.Fail("the loop was not started again");
    }
}
