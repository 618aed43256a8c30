using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

public sealed class MachineClockTests
{
    [Theory]
    [InlineData(1, 2, 1.0)] // a processor is free
    [InlineData(2, 2, 1.0)]
    [InlineData(12, 2, 6.0)]
    [InlineData(1000, 2, 20.0)]
    public void Second_counts_as_much_as_the_machine_could_give(int runnable, int processors, double slowdown) =>
        Assert.Equal(1 / slowdown, MachineClock.Counted(TimeSpan.FromSeconds(1), runnable, processors).TotalSeconds, 6);

    [Fact]
    public async Task Deadline_of_a_task_that_never_ends_passes_and_names_it()
    {
        var never = new TaskCompletionSource().Task;
        var error = await Assert.ThrowsAsync<TimeoutException>(() => never.Within(TimeSpan.FromMilliseconds(200)));
        Assert.Equal("`never` did not end within 0.2 s", error.Message);
    }

    [Fact]
    public async Task Busy_machine_counts_less_than_the_wall_clock()
    {
        using var over = new CancellationTokenSource();
        var loops = Enumerable.Range(0, Environment.ProcessorCount * 4)
            .Select(_ => Task.Factory.StartNew(() => { while (!over.IsCancellationRequested) { } }, over.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToList();
        var wall = Stopwatch.StartNew();
        var machine = new MachineClock();
        while (wall.Elapsed < TimeSpan.FromSeconds(2))
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.InRange(machine.Elapsed, TimeSpan.Zero, wall.Elapsed / 2);
        await over.CancelAsync();
        await Task.WhenAll(loops);
    }
}
