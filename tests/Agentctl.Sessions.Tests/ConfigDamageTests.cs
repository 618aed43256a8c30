using System.Text;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>A damaged config.json is reported with its line. It never crashes a reader, and never counts as absent.</summary>
public sealed class ConfigDamageTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("agentctl-config-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    [Theory]
    [InlineData("{\n\"model\": \"\\ud800\"}", 2, "half of a surrogate pair")]
    [InlineData("{\n\"agents\": {\"\\udc00\": {}}}", 2, "half of a surrogate pair")]
    [InlineData("{\"acp_agents\": {\"mine\": {\"argv\": [\"x\"],\n\"env\": {\"A\": \"1\", \"A\": \"2\"}}}}", 2, "'A' appears twice")]
    [InlineData("{\"agents\": {\n\"mine\": {\"launch\": [\"x\", \"{prompt}\"]},\n\"mine\": {\"launch\": [\"y\", \"{prompt}\"]}}}", 3, "'mine' appears twice")]
    [InlineData("{\"max_concurrent_by_adapter\": {\"pi\": 1, \"pi\": 2}}", 1, "'pi' appears twice")]
    [InlineData("{\"model\": \"a\",\n\"model\": \"b\"}", 2, "\"model\" appears twice")]
    [InlineData("{\"cwd\": \"/w\\u0000\"}", 1, "NUL character")]
    [InlineData("{\"model\": \"--yolo\"}", 1, "must not begin with a hyphen")]
    [InlineData("{\"acp_agent\": \"-x\"}", 1, "must not begin with a hyphen")]
    [InlineData("{\"acp_agents\": {\"mine\": {\"argv\": [\"x\", 1]}}}", 1, "must hold texts")]
    [InlineData("{\"acp_agents\": {\"mine\": {\"argv\": [\"x\"], \"env\": {\"A=B\": \"1\"}}}}", 1, "not the name of an environment variable")]
    [InlineData("{\"mcp_servers\": [5]}", 1, "must be an object")]
    [InlineData("{\"adapter_timeout\": 1e400}", 1, "number of seconds")]
    [InlineData("{\"max_concurrent\": 99999999999999999999}", 1, "whole number")]
    public void A_value_that_cannot_be_used_is_reported_with_its_line(string json, int line, string problem)
    {
        var invalid = Assert.IsType<ConfigOutcome.Invalid>(Load(json));

        Assert.Contains(problem, invalid.Problem, StringComparison.Ordinal);
        Assert.Equal(line, invalid.Line);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_reported_with_their_line()
    {
        File.WriteAllBytes(AgentctlConfig.PathIn(home), [.. "{\n\"model\": \"caf"u8, 0xE9, .. "\"}"u8]);

        var invalid = Assert.IsType<ConfigOutcome.Invalid>(AgentctlConfig.Load(home));

        Assert.Equal((2, "it is not valid UTF-8"), (invalid.Line, invalid.Problem));
    }

    [Fact]
    public void Deep_nesting_is_reported_with_its_line()
    {
        var invalid = Assert.IsType<ConfigOutcome.Invalid>(Load("{\n\"mine\": " + new string('[', 100) + new string(']', 100) + "}"));

        Assert.Equal((2, "it is nested deeper than 64 levels"), (invalid.Line, invalid.Problem));
    }

    [Fact]
    public void A_directory_of_that_name_is_not_an_absent_file()
    {
        Directory.CreateDirectory(AgentctlConfig.PathIn(home));

        Assert.Contains("not a regular file", Assert.IsType<ConfigOutcome.Invalid>(AgentctlConfig.Load(home)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_pipe_of_that_name_is_not_waited_for()
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [AgentctlConfig.PathIn(home)]);
        await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);

        var loading = Task.Run(() => (AgentctlConfig.Load(home), AgentctlConfig.FingerprintIn(home)), TestContext.Current.CancellationToken);
        var (outcome, fingerprint) = await loading.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Contains("not a regular file", Assert.IsType<ConfigOutcome.Invalid>(outcome).Problem, StringComparison.Ordinal);
        Assert.Equal("unreadable", fingerprint);
    }

    [Fact]
    public void One_invalid_setting_costs_none_of_the_others()
    {
        var invalid = Assert.IsType<ConfigOutcome.Invalid>(Load("""{"adapter":"pi","max_concurrent":"many","model":"m","lock_mode":"loose","cwd":"/w"}"""));

        Assert.Equal(["max_concurrent", "lock_mode"], invalid.Problems.Select(static problem => problem.Key));
        Assert.Equal(("pi", "m", "/w"), (invalid.Readable?.Adapter, invalid.Readable?.Model, invalid.Readable?.Cwd));
    }

    [Fact]
    public void An_empty_text_of_an_older_version_means_none()
    {
        var config = Assert.IsType<ConfigOutcome.Loaded>(Load("""{"on_create":"","openclaw_url":""}""")).Config;

        Assert.Equal((null, null), (config.OnCreate, config.OpenClawUrl));
    }

    /// <summary>Cut anywhere, with any byte changed: an answer each time, no exception.</summary>
    [Fact]
    public void Damage_of_any_kind_gives_an_answer()
    {
        var whole = Encoding.UTF8.GetBytes("""
            { "adapter": "pi", "max_concurrent_by_adapter": { "codex": 2 }, "worktree_copy": [".env"], "adapter_timeouts": { "pi": 1.5 },
              "openclaw_gateways": { "lab": { "url": "ws://127.0.0.1:2", "token_env": "T" } }, "acp_auth": { "K": "v" }, "mcp_servers": [{ "name": "n", "command": "c", "args": [], "env": [] }],
              "acp_agents": { "a": { "argv": ["x"], "env": { "A": "1" } } }, "agents": { "mine": { "launch": ["my-agent", "{prompt}"], "id": "Session: {id}" } } }
            """);
        Assert.IsType<ConfigOutcome.Loaded>(AgentctlConfig.Parse("config.json", whole));
        byte[] bytes = [0, (byte)'"', (byte)'{', (byte)']', (byte)',', (byte)'7', (byte)'\\', 0xE9, 0xED];
        for (var i = 0; i < whole.Length; i++)
        {
            Assert.NotNull(AgentctlConfig.Parse("config.json", whole.AsSpan(0, i)));
            foreach (var value in bytes)
            {
                var damaged = whole.ToArray();
                damaged[i] = value;
                Assert.NotNull(AgentctlConfig.Parse("config.json", damaged));
            }
        }
    }

    private ConfigOutcome Load(string json)
    {
        File.WriteAllText(AgentctlConfig.PathIn(home), json);
        return AgentctlConfig.Load(home);
    }
}
