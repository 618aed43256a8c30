using System.Text;
using Agentctl.Core;
using Agentctl.Launches;
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
    public void Empty_text_means_unset()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse("""{"model":"","cwd":"","adapter":"codex"}""")).Config;

        Assert.Equal((null, null, "codex"), (config.Model, config.Cwd, config.Adapter));
    }

    [Fact]
    public void Adapter_timeouts_are_seconds()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse("""{"adapter_timeout":2.5,"adapter_timeouts":{"openclaw":10}}""")).Config;

        Assert.Equal((2.5, 10), (config.TimeoutOf("codex").TotalSeconds, config.TimeoutOf("openclaw").TotalSeconds));
    }

    [Fact]
    public void Gateways_have_a_name_a_url_and_a_source_of_their_token()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse(
            """{"openclaw_gateways":{"lab":{"url":"ws://127.0.0.1:2","token_env":"LAB"},"attic":{"token_file":"~/t","url":"ws://127.0.0.1:3"}}}""")).Config;

        Assert.Equal(["openclaw-lab", "openclaw-attic"], config.GatewayIds);
        Assert.Equal(("LAB", "~/t"), (config.OpenClawGateways[0].TokenVariable, config.OpenClawGateways[1].TokenFile));
    }

    [Theory]
    [InlineData("{\n  \"model\": \"m\",\n  \"adapter\": 7\n}", 3, "\"adapter\" must be a string")]
    [InlineData("{\n\"adapter\": \"x\",\n\n\"model\": }", 4, "not valid JSON")]
    [InlineData("[]", 1, "must be a JSON object")]
    [InlineData("", 1, "not valid JSON")]
    [InlineData("{\"adapter_timeout\": 0}", 1, "above 0")]
    [InlineData("{\n\"adapter_timeouts\": {\"openclaw\": \"5\"}}", 2, "object of seconds")]
    [InlineData("{\"max_concurrent\": -1}", 1, "0 or above")]
    [InlineData("{\"max_concurrent_by_group\": {\"a\": 1.5}}", 1, "whole numbers")]
    [InlineData("{\"lock_mode\": \"loose\"}", 1, "exact")]
    [InlineData("{\"acp_ttl\": 4294968}", 1, "from 0 to 24 days")]
    [InlineData("{\"acp_ttl\": 1e308}", 1, "from 0 to 24 days")]
    [InlineData("{\n\"agents\": {\"mine\": {\"launch\": []}}}", 2, "list of texts")]
    [InlineData("{\"agents\": {\"codex\": {\"launch\": [\"x\", \"{prompt}\"]}}}", 1, "itself uses")]
    [InlineData("{\"agents\": {\"Mine\": {\"launch\": [\"x\", \"{prompt}\"]}}}", 1, "small letters")]
    [InlineData("{\"agents\": {\"mine\": {\"launch\": [\"x\"]}}}", 1, "never see its prompt")]
    [InlineData("{\"agents\": {\"mine\": {\"launch\": [\"x\", \"{prompt}\"], \"id\": \"no place\"}}}", 1, "one {id}")]
    [InlineData("{\"openclaw_gateways\": {\"Lab\": {\"url\": \"x\"}}}", 1, "small letters")]
    [InlineData("{\"openclaw_gateways\": {\"lab\": {\"token_env\": \"X\"}}}", 1, "has no url")]
    [InlineData("{\n\"openclaw_gateways\": {\"lab\": {\"url\": \"x\", \"tokn\": \"y\"}}}", 2, "\"tokn\" is not one of")]
    [InlineData("{\"openclaw_gateways\": {\"lab\": {\"url\": \"x\"}, \"lab\": {\"url\": \"y\"}}}", 1, "appears twice")]
    [InlineData("{\"agents\": {\"openclaw-lab\": {\"launch\": [\"x\", \"{prompt}\"]}}}", 1, "a gateway of")]
    [InlineData("{\"agents\": {\"mine\": {\"lunch\": [\"x\"]}}}", 1, "no key of an agent")]
    public void A_bad_file_is_named_with_its_line(string json, int line, string problem)
    {
        var invalid = Assert.IsType<ConfigOutcome.Invalid>(Parse(json));

        Assert.Equal(line, invalid.Line);
        Assert.Contains(problem, invalid.Problem, StringComparison.Ordinal);
        Assert.StartsWith($"config.json:{line}: ", invalid.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_locks_and_agents_are_read()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Parse("""
            { "max_concurrent": 8, "max_concurrent_by_adapter": { "codex": 2 }, "max_concurrent_by_group": { "g-1": 3 }, "lock_mode": "tree", "output_cap_mb": 0,
              "agents": { "mine": { "launch": ["my-agent", "{prompt}"], "resume": ["my-agent", "{session_id}"], "stdin": "open", "stop_signal": "INT", "id": "Session: {id}" } } }
            """)).Config;
        Assert.Equal((8, 2, 3, DirectoryRule.Tree, 0), (config.MaxConcurrent, config.MaxConcurrentByAdapter["codex"], config.MaxConcurrentByGroup["g-1"], config.LockMode, config.OutputCapMegabytes));
        var agent = Assert.Single(config.Agents);
        Assert.Equal(("mine", StdinMode.Open, PoliteSignal.Interrupt, "Session: {id}"), (agent.Name, agent.Stdin, agent.StopSignal, agent.IdTemplate));
        Assert.Equal(["my-agent", "{session_id}"], agent.Resume);
    }

    [Fact]
    public void An_absent_file_is_the_default()
    {
        Assert.IsType<ConfigOutcome.Loaded>(AgentctlConfig.Load(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())));
    }
}
