using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class GatewayFollowerTests
{
    /// <summary>Finding the gateway parses foreign configuration: whatever that throws, the follower tries again.</summary>
    [Fact]
    public async Task Loop_survives_an_exception_that_nobody_expects()
    {
        var clock = new FakeClock();
        var loops = new BackgroundLoops(clock);
        var environment = new AgentEnvironment("/nowhere", new Dictionary<string, string>());
        var asked = 0;
        await using var follower = new GatewayFollower(
            () => throw new FormatException($"nonsense {Interlocked.Increment(ref asked)}"),
            new GatewayHandshake(environment, clock), new GatewayDeadlines(), clock, Backoff.Default(), loops, static () => { });

        await Eventually.True("three tries", TimeSpan.FromSeconds(30), () =>
        {
            clock.Advance(TimeSpan.FromSeconds(5));
            return Volatile.Read(ref asked) >= 3;
        });

        Assert.True(loops.Reports().Single() is { Name: "gateway", Failures: >= 2, LastFailure: { } last } && last.StartsWith("nonsense", StringComparison.Ordinal));
    }
}
