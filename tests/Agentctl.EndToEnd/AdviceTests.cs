using System.Text.Json;
using Agentctl.Testing;
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

    [Fact]
    public async Task Launch_in_a_deleted_directory_says_so()
    {
        Sandbox.HomeFile(".agentctl/config.json", """{ "agents": { "mine": { "launch": ["/bin/true", "{prompt}"], "stdin": "none" } } }""");
        var result = await Sandbox.Run(
            ["sh", "-c", $"mkdir gone; cd gone; rmdir ../gone; exec \"{AgentctlCli.Program}\" launch mine -p hi"], Agentctl(withDaemon: false).Variables);
        Assert.Equal((2, "The current directory no longer exists. Change to another one, or use --cwd.\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Hooks_of_an_ended_launch_are_in_the_JSON_of_status_and_the_prompt_is_what_was_asked()
    {
        Sandbox.HomeFile(".agentctl/config.json", """{ "agents": { "mine": { "launch": ["/bin/sh", "-c", "printf %s \"$1\" > $HOME/prompt", "x", "{prompt}"], "stdin": "none" } } }""");
        var plan = Path.Combine(Sandbox.Work, "plan.md");
        await File.WriteAllTextAsync(plan, "1\n2\n");
        var agentctl = Agentctl(withDaemon: false);
        using var launched = JsonDocument.Parse((await agentctl.Run("launch", "mine", "--spec", plan, "-p", "Do step 2", "--on-create", "echo ready", "--wait", "--json")).Output);
        var id = launched.RootElement.GetProperty("id").GetString()!;

        using var status = JsonDocument.Parse((await agentctl.Run("status", id, "--json", "--hooks")).Output);

        var hook = status.RootElement.GetProperty("hooks").EnumerateArray().Single();
        Assert.Equal(("on-create", 0, "ready\n"), (hook.GetProperty("event").GetString(), hook.GetProperty("exitCode").GetInt32(), hook.GetProperty("output").GetString()));
        Assert.StartsWith("Do step 2 (", status.RootElement.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("--- File: ", await File.ReadAllTextAsync(Path.Combine(Sandbox.Home, "prompt")), StringComparison.Ordinal);
        var evidence = status.RootElement.GetProperty("evidence");
        Assert.Equal(Sandbox.Home + evidence.GetProperty("source").GetString()![1..], evidence.GetProperty("path").GetString());
        using var plain = JsonDocument.Parse((await agentctl.Run("status", id, "--json")).Output);
        Assert.False(plain.RootElement.TryGetProperty("hooks", out _));
    }
}
