using System.Text;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class AgentctlConfigTests
{
    private static ConfigOutcome Parse(string json) => AgentctlConfig.Parse("config.json", Encoding.UTF8.GetBytes(json));

    [Fact]
    public void The_keys_of_the_reference_are_read()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse(
            """{"adapter":"codex","model":"m","cwd":"/w","webhook_url":"u","webhook_secret":"s","timeout":3,"someday":{"x":[1]}}""")).Config;

        Assert.Equal(("codex", "m", "/w", "u", "s"), (config.Adapter, config.Model, config.Cwd, config.WebhookUrl, config.WebhookSecret));
    }

    [Fact]
    public void Adapter_timeouts_are_seconds()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse("""{"adapter_timeout":2.5,"adapter_timeouts":{"openclaw":10}}""")).Config;

        Assert.Equal((2.5, 10), (config.TimeoutOf("codex").TotalSeconds, config.TimeoutOf("openclaw").TotalSeconds));
    }

    [Theory]
    [InlineData("{\n  \"model\": \"m\",\n  \"adapter\": 7\n}", 3, "\"adapter\" must be a string")]
    [InlineData("{\n\"adapter\": \"x\",\n\n\"model\": }", 4, "not valid JSON")]
    [InlineData("[]", 1, "must be a JSON object")]
    [InlineData("", 1, "not valid JSON")]
    [InlineData("{\"adapter_timeout\": 0}", 1, "above 0")]
    [InlineData("{\n\"adapter_timeouts\": {\"openclaw\": \"5\"}}", 2, "object of seconds")]
    public void A_bad_file_is_named_with_its_line(string json, int line, string problem)
    {
        var invalid = Assert.IsType<ConfigOutcome.Invalid>(Parse(json));

        Assert.Equal(line, invalid.Line);
        Assert.Contains(problem, invalid.Problem, StringComparison.Ordinal);
        Assert.StartsWith($"config.json:{line}: ", invalid.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_file_is_the_default()
    {
        Assert.IsType<ConfigOutcome.Loaded>(AgentctlConfig.Load(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }
}
