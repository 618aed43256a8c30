using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>A gateway that accepts and never answers costs its deadline once, and nothing for ever (law L5).</summary>
public sealed class HangingGatewayTests : BothWays
{
    private const string Good = "5b1c8f5e-0000-4000-8000-000000000001";

    [Fact]
    public async Task W40_hundred_lists_against_a_hanging_gateway_leave_no_thread_and_no_descriptor()
    {
        await FakeModelProcess.Start(Sandbox, silentPort: 18789);
        Sandbox.HomeFile(".openclaw/openclaw.json", new JsonObject
        {
            ["gateway"] = new JsonObject { ["port"] = 18789, ["auth"] = new JsonObject { ["mode"] = "token", ["token"] = "t" } },
        }.ToJsonString());
        new ClaudeFiles(Sandbox).Transcript(Good, "the good one");
        var agentctl = Agentctl(withDaemon: true);

        var first = await agentctl.Run("list", "-a", "--json");
        Assert.Equal(6, first.ExitCode);
        Assert.Contains("openclaw", first.Error, StringComparison.Ordinal);
        Assert.Contains(Good, first.Output, StringComparison.Ordinal);

        var daemon = Assert.Single(Sandbox.Living(), p => p.Comm == "agentctld");
        await Lists(agentctl, 20);
        var (threads, descriptors) = (Threads(daemon), Descriptors(daemon));
        await Lists(agentctl, 100);
        // A retry in the background may hold one connection at either moment, and the pool a worker or two more; what a list left behind would be a hundred.
        await Eventually.See(
            $"no more than {threads} threads (+2) and {descriptors} descriptors (+1) in the daemon", RealProcess.UsualDeadline,
            () => (Threads: Threads(daemon), Descriptors: Descriptors(daemon)), now => now.Threads <= threads + 2 && now.Descriptors <= descriptors + 1);
    }

    private static async Task Lists(AgentctlCli agentctl, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var result = await agentctl.Quietly("list", "-a", "--json");
            Assert.Equal(6, result.ExitCode);
            Assert.Contains(Good, result.Output, StringComparison.Ordinal);
        }
    }

    private static int Threads(ProcessStat process) => Directory.GetDirectories($"/proc/{process.Pid}/task").Length;

    private static int Descriptors(ProcessStat process) => Directory.GetFiles($"/proc/{process.Pid}/fd").Length;
}
