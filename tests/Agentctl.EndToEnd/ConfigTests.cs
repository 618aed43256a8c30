using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>config.json: changed by many at once, and damaged in every way.</summary>
public sealed class ConfigTests : BothWays
{
    private string ConfigPath => Path.Combine(Sandbox.AgentctlHome, "config.json");

    private void Write(string json)
    {
        Directory.CreateDirectory(Sandbox.AgentctlHome);
        File.SetUnixFileMode(Sandbox.AgentctlHome, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(ConfigPath, json);
    }

    [Fact]
    public async Task Keys_that_are_set_at_the_same_time_are_all_kept()
    {
        string[] keys = ["adapter", "model", "cwd", "webhook_url", "worktree_setup", "on_create", "on_complete", "openclaw_url"];

        for (var round = 0; round < 3; round++)
        {
            var results = await Task.WhenAll(keys.Select(key => Agentctl(withDaemon: false).Run("config", "set", key, $"value-{round}")));
            Assert.All(results, static result => Assert.Equal(0, result.ExitCode));

            foreach (var key in keys)
            {
                Assert.Equal($"value-{round}\n", (await Agentctl(withDaemon: false).Run("config", "get", key)).Output);
            }
        }
    }

    [Theory]
    [InlineData("max_concurrent", "-3")]
    [InlineData("adapter_timeout", "1, \"model\": \"x\"")]
    [InlineData("lock_mode", "loose")]
    public async Task A_value_that_cannot_be_used_is_refused_and_changes_nothing(string key, string value)
    {
        Write("{ \"model\": \"m\" } // mine\n");

        var result = await Agentctl(withDaemon: false).Run("config", "set", key, "--", value);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(key, result.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", result.Error, StringComparison.Ordinal);
        Assert.Equal("{ \"model\": \"m\" } // mine\n", await File.ReadAllTextAsync(ConfigPath, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("model", "--bogus")]
    [InlineData("model", "")]
    [InlineData("cwd", "")]
    public async Task A_value_that_is_empty_or_an_option_is_refused(string key, string value)
    {
        var result = await Agentctl(withDaemon: false).Run("config", "set", key, "--", value);

        Assert.Equal(2, result.ExitCode);
        Assert.False(File.Exists(ConfigPath));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_poisoned_setting_is_reported_and_can_be_removed(bool withDaemon)
    {
        Write("{\n  \"cwd\": \"-x\",\n  \"model\": \"m\"\n}\n");

        var refused = await Agentctl(withDaemon).Run("list");
        Assert.Equal(2, refused.ExitCode);
        Assert.Single(refused.Error.Split('\n'), static line => line.Contains("config.json:2: ", StringComparison.Ordinal));
        Assert.Contains("\"cwd\" must not begin with a hyphen", refused.Error, StringComparison.Ordinal);

        var listed = await Agentctl(withDaemon).Run("config", "list");
        Assert.Equal(2, listed.ExitCode);
        Assert.Contains("config.json:2: ", listed.Error, StringComparison.Ordinal);
        Assert.Contains("invalid", listed.Output, StringComparison.Ordinal);
        Assert.Equal("m\n", (await Agentctl(withDaemon).Run("config", "get", "model")).Output);

        Assert.Equal(0, (await Agentctl(withDaemon).Run("config", "unset", "cwd")).ExitCode);
        Assert.Equal("{\n  \"model\": \"m\"\n}\n", await File.ReadAllTextAsync(ConfigPath, TestContext.Current.CancellationToken));
        Assert.Equal(0, (await Agentctl(withDaemon).Run("list")).ExitCode);
    }

    [Theory]
    [InlineData("{\"agents\":{\"a\":{\"launch\":[\"x\",\"{prompt}\"]},\"a\":{\"launch\":[\"y\",\"{prompt}\"]}}}")]
    [InlineData("{\"model\":\"\\ud800\"}")]
    [InlineData("{\"acp_agents\":{\"a\":{\"argv\":[\"x\"],\"env\":{\"A\":\"1\",\"A\":\"2\"}}}}")]
    [InlineData("{\"model\":")]
    public async Task A_damaged_file_is_reported_by_every_command_and_doctor_runs(string json)
    {
        Write(json);

        foreach (var command in new[] { "list", "doctor", "locks" })
        {
            var result = await Agentctl(withDaemon: false).Run(command);
            Assert.Equal(command == "doctor" ? 1 : 2, result.ExitCode);
            Assert.Contains("config.json:1: ", result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public async Task What_is_no_file_is_neither_waited_for_nor_taken_for_none(string make)
    {
        Write("{}");
        File.Delete(ConfigPath);
        using var making = System.Diagnostics.Process.Start(make, [ConfigPath]);
        await making.WaitForExitAsync(TestContext.Current.CancellationToken);

        foreach (var command in new[] { "list", "doctor" })
        {
            var result = await Agentctl(withDaemon: false).Run(command);
            Assert.Equal(command == "doctor" ? 1 : 2, result.ExitCode);
            Assert.Contains("not a regular file", result.Output + result.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--model", "--yolo")]
    [InlineData("--thinking", "--yolo")]
    [InlineData("--model", "")]
    public async Task A_value_that_an_agent_could_take_for_an_option_is_refused(string option, string value)
    {
        Write("""{"agents":{"mine":{"launch":["touch","launched","{prompt}"]}}}""");

        var result = await Agentctl(withDaemon: false).Run("launch", "mine", "--cwd", Sandbox.Work, $"{option}={value}", "-p", "x");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Sandbox.Work, "launched")));
    }
}
