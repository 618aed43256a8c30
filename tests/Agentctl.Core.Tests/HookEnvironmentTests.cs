using Xunit;

namespace Agentctl.Core.Tests;

/// <summary>What hooks get to see of how an agent ended: the words of <c>list</c> and the code of <c>wait</c>.</summary>
public sealed class HookEnvironmentTests
{
    private static readonly DateTimeOffset EndedAt = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(ExitHows.Exited, 0, null, null, "0", "stopped", "done", "0")]
    [InlineData(ExitHows.Exited, 3, null, null, "3", "error", "exit-3", "1")]
    [InlineData(ExitHows.Exited, 130, null, null, "130", "error", "exit-130", "1")]
    [InlineData(ExitHows.Signaled, null, 9, null, "137", "error", "signal-9", "1")]
    [InlineData(ExitHows.Signaled, null, 15, StopRecord.User, "143", "stopped", "asked", "130")]
    [InlineData(ExitHows.Exited, 0, null, StopRecord.User, "0", "stopped", "asked", "130")]
    [InlineData(ExitHows.Signaled, null, 15, StopRecord.Timeout, "143", "error", "timeout", "3")]
    [InlineData(ExitHows.Exited, 0, null, StopRecord.Done, "0", "stopped", "done", "0")]
    [InlineData(ExitHows.Signaled, null, 15, StopRecord.Rest, "143", "stopped", "resumable", "0")]
    [InlineData(ExitHows.Signaled, null, 15, StopRecord.OutputLimit, "143", "error", "output-limit", "1")]
    [InlineData(ExitHows.Lost, null, null, null, null, "error", "lost", "1")]
    [InlineData(ExitHows.Reboot, null, null, null, null, "stopped", "reboot", "1")]
    public void Hook_gets_the_state_and_the_code_that_wait_gives_for_the_same_end(
        string how, int? exitCode, int? signal, string? stoppedBy, string? agentsCode, string status, string reason, string endCode)
    {
        var end = new ExitRecord
        {
            How = how, ExitCode = exitCode, Signal = signal, EndedAt = EndedAt, Stop = stoppedBy is null ? null : new StopRecord(stoppedBy, EndedAt),
        };
        var seen = HookEnvironment.Of(new Dictionary<string, string>(), "s", "/p", "a", null, null, null, end);
        Assert.Equal(
            (agentsCode, status, reason, endCode),
            (seen.GetValueOrDefault("AGENTCTL_EXIT_CODE"), seen["AGENTCTL_STATUS"], seen["AGENTCTL_REASON"], seen["AGENTCTL_END_CODE"]));
    }

    [Fact]
    public void Nothing_is_said_of_an_end_before_it()
    {
        var seen = HookEnvironment.Of(new Dictionary<string, string>(), "s", "/p", "a", null, null, null, end: null);
        Assert.Equal(["AGENTCTL_ADAPTER", "AGENTCTL_CWD", "AGENTCTL_SESSION_ID"], seen.Keys.Order());
    }
}
