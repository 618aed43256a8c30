using Agentctl.Core;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ProcessSignalTests
{
    [Fact]
    public async Task Kill_ends_the_process_that_was_meant()
    {
        using var child = Child.Start("sleep", "600");
        Assert.True(ProcessSignal.TryKill(child.Identity, out var problem), problem);
        Assert.Equal(128 + 9, await child.Exit());
    }

    [Fact]
    public void Kill_spares_whoever_got_the_pid_of_one_that_is_gone()
    {
        using var child = Child.Start("sleep", "600");
        var before = child.Identity with { StartTicks = child.Identity.StartTicks - 1 };

        Assert.True(ProcessSignal.TryKill(before, out _));

        Assert.NotNull(ProcessTable.Take().Find(child.Pid, child.Identity.StartTicks));
    }
}
