using System.Diagnostics;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class ExitWatchesTests
{
    /// <summary>Two lists at the same time: the one that began first, and was slower, knows of less.</summary>
    [Fact]
    public async Task Older_look_does_not_replace_what_a_newer_one_watches()
    {
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watches = new ExitWatches(exited.SetResult);
        using var process = Process.Start("sleep", "600");
        watches.Follow(2, [ProcessTable.Take().Find(process.Id)!.Identity]);

        watches.Follow(1, []);
        process.Kill();

        await exited.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>A process of another host, or one for which no descriptor is left, failed every list.</summary>
    [Fact]
    public async Task Process_that_cannot_be_watched_from_here_does_not_prevent_watching_the_others()
    {
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watches = new ExitWatches(exited.SetResult);
        using var process = Process.Start("sleep", "600");
        var here = ProcessTable.Take().Find(process.Id)!.Identity;

        watches.Follow(1, [here with { Host = "elsewhere" }, here with { PidNamespace = 1 }, here]);
        Assert.False(exited.Task.IsCompleted);
        process.Kill();

        await exited.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
