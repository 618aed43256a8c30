using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

/// <summary>Counts what the whole process holds, so nothing may run beside it.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("Alone")]
public sealed class LeakTests
{
    [Fact]
    public async Task Hundred_looks_against_a_hanging_gateway_leave_no_descriptor_and_no_thread()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { Fault = GatewayFault.HangAfterUpgrade });
        await using var home = GatewayHome.For(gateway);
        var adapter = home.Adapter(GatewayHome.Short with { Challenge = TimeSpan.FromMilliseconds(30) });
        await Looks(10);
        var (descriptors, threads) = (Descriptors(), Threads());
        await Looks(100);

        // One connection a look, and none for a caller that gave up before it had connected.
        Assert.InRange(gateway.Accepted, 55, 110);
        await Eventually.True("the gateway's side to close", GatewayHome.Deadline, () => gateway.Open == 0);
        await Eventually.See("descriptors", GatewayHome.Deadline, Descriptors, now => now <= descriptors + 2);
        // The pool may grow by a few of its own accord; a leak would be a hundred.
        Assert.InRange(Threads(), 1, threads + 10);

        async Task Looks(int times)
        {
            for (var i = 0; i < times; i++)
            {
                if (i % 2 == 0)
                {
                    await Assert.ThrowsAsync<CannotLookException>(() => adapter.Discover(home.Context(), TestContext.Current.CancellationToken));
                    continue;
                }

                // Every other caller gives up first.
                using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(10));
                await Assert.ThrowsAnyAsync<Exception>(() => adapter.Discover(home.Context(), impatient.Token));
            }
        }
    }

    private static int Descriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Length;
}
