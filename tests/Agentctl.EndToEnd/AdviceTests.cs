using System.Text.Json;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>What a message tells you to do next must work.</summary>
public sealed class AdviceTests : BothWays
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Running_agent_that_takes_no_messages_is_waited_for_or_stopped(bool withDaemon)
    {
        Sandbox.HomeFile(".agentctl/config.json", """{ "agents": { "mine": { "launch": ["/bin/sleep", "600", "{prompt}"], "stdin": "none" } } }""");
        var agentctl = Agentctl(withDaemon);
        using var launched = JsonDocument.Parse((await agentctl.Run("launch", "mine", "-p", "1", "--json")).Output);
        var id = "@" + launched.RootElement.GetProperty("launchId").GetString();
        try
        {
            foreach (var refused in new[] { await agentctl.Run("attach", id), await agentctl.Run("resume", id, "Go on") })
            {
                Assert.Equal(5, refused.ExitCode);
                Assert.DoesNotContain("agentctl send", refused.Error, StringComparison.Ordinal);
                Assert.Contains($"agentctl wait {id}", refused.Error, StringComparison.Ordinal);
            }
        }
        finally
        {
            await agentctl.Run("stop", id, "--force");
        }

        using var ended = JsonDocument.Parse((await agentctl.Run("status", id, "--json")).Output);
        Assert.Equal("agentctl", ended.RootElement.GetProperty("owner").GetString());
    }
}
