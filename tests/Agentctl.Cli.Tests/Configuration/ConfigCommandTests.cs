using Agentctl.Core;
using Agentctl.Sessions;
using Xunit;

namespace Agentctl.Cli.Tests.Configuration;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("agentctl-test-");
    private readonly Stage stage = new();

    private string File => Path.Combine(home.FullName, ".agentctl", "config.json");

    [Fact]
    public async Task Set_then_get_gives_the_value_and_keeps_unknown_keys()
    {
        Write("""{"future": {"a": 1}}""");
        Assert.Equal(ExitCode.Done, await Run("config", "set", "adapter", "codex \"x\""));
        Assert.Equal(ExitCode.Done, await Run("config", "get", "adapter"));
        Assert.Equal("codex \"x\"\n", stage.Output);
        Assert.Contains("\"future\": {\"a\": 1}", System.IO.File.ReadAllText(File), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task Bad_file_is_named_with_its_line_and_left_as_it_is()
    {
        const string Bad = "{\n  \"adapter\": \"codex\",\n  \"model\": 3\n}\n";
        Write(Bad);
        Assert.Equal(ExitCode.Usage, await Run("config", "set", "adapter", "claude-code"));
        Assert.Contains("config.json:3:", stage.Error, StringComparison.Ordinal);
        Assert.Equal(Bad, System.IO.File.ReadAllText(File));
    }

    [Theory]
    [InlineData("config set model other")]
    [InlineData("config unset model")]
    public async Task An_invalid_setting_can_be_repaired(string command)
    {
        Write("{ \"adapter\": \"codex\", \"model\": 3, \"lock_mode\": 7 }");
        Assert.Equal(ExitCode.Done, await Run("config", "unset", "lock_mode"));
        Assert.Equal(ExitCode.Done, await Run(command.Split(' ')));
        Assert.Equal(ExitCode.Done, await Run("config", "get", "adapter"));
        Assert.Equal("codex\n", stage.Output);
    }

    [Fact]
    public async Task Settings_that_can_be_read_are_shown_beside_those_that_cannot()
    {
        Write("{ \"adapter\": \"codex\",\n \"model\": 3 }");
        Assert.Equal(ExitCode.Usage, await Run("config", "list"));
        Assert.Contains("codex", stage.Output, StringComparison.Ordinal);
        Assert.Contains("config.json:2:", stage.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await Run("config", "get", "model"));
    }

    [Fact]
    public async Task Unset_of_what_is_not_set_changes_nothing()
    {
        Assert.Equal(ExitCode.Done, await Run("config", "unset", "model"));
        Assert.Contains("model is not set", stage.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await Run("config", "unset", "nope"));
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task Value_of_the_wrong_kind_changes_nothing()
    {
        Assert.Equal(ExitCode.Usage, await Run("config", "set", "adapter_timeout", "soon"));
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task Secret_is_never_printed_and_not_taken_from_the_command_line()
    {
        Write("""{"openclaw_token": "hush"}""");
        Assert.Equal(ExitCode.Usage, await Run("config", "set", "openclaw_token", "other"));
        Assert.Equal(ExitCode.Done, await Run("config", "get", "openclaw_token"));
        Assert.Equal(ExitCode.Done, await Run("config", "list"));
        Assert.Equal(ExitCode.Done, await Run("config", "list", "--json"));
        Assert.DoesNotContain("hush", stage.Output + stage.Error, StringComparison.Ordinal);
        Assert.StartsWith("set\n", stage.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_as_json_is_json_whatever_is_set()
    {
        Write("""
            { "lock_mode": "tree", "agents": { "mine": { "launch": ["x", "{prompt}"] } }, "acp_auth": { "KEY": "hush" }, "worktree_copy": [".env"],
              "openclaw_gateways": { "lab": { "url": "ws://127.0.0.1:1", "token": "hush" }, "attic": { "url": "ws://127.0.0.1:2" } } }
            """);
        Assert.Equal(ExitCode.Done, await Run("config", "list", "--json"));
        using var told = System.Text.Json.JsonDocument.Parse(stage.Output);
        Assert.Equal(("tree", "lab, attic"), (told.RootElement.GetProperty("lock_mode").GetString(), told.RootElement.GetProperty("openclaw_gateways").GetString()));
        Assert.DoesNotContain("hush", stage.Output, StringComparison.Ordinal);
    }

    /// <summary>A key that can be set can be read: as it was set, a list of named things by their names, a secret only as set.</summary>
    [Theory]
    [MemberData(nameof(EveryKey))]
    public async Task Every_key_that_is_set_is_shown(string key)
    {
        var (json, shown) = Samples[key];
        Write($$"""{ "{{key}}": {{json}} }""");
        Assert.Equal(ExitCode.Done, await Run("config", "get", key));
        Assert.Equal(shown + "\n", stage.Output);
    }

    [Theory]
    [MemberData(nameof(EveryKey))]
    public async Task Every_key_that_is_set_is_in_the_list(string key)
    {
        var (json, shown) = Samples[key];
        Write($$"""{ "{{key}}": {{json}} }""");
        Assert.Equal(ExitCode.Done, await Run("config", "list", "--json"));
        using var listed = System.Text.Json.JsonDocument.Parse(stage.Output);
        var value = listed.RootElement.GetProperty(key);
        if (value.ValueKind == System.Text.Json.JsonValueKind.String)
        {
            Assert.Equal(shown, value.GetString());
        }
        else
        {
            using var expected = System.Text.Json.JsonDocument.Parse(shown);
            Assert.True(System.Text.Json.JsonElement.DeepEquals(expected.RootElement, value), value.GetRawText());
        }
    }

    public static TheoryData<string> EveryKey => [.. AgentctlConfig.Keys.Select(static key => key.Name)];

    /// <summary>A value of every key, and how it is shown.</summary>
    private static readonly Dictionary<string, (string Json, string Shown)> Samples = new()
    {
        ["adapter"] = ("\"codex\"", "codex"),
        ["model"] = ("\"m\"", "m"),
        ["cwd"] = ("\"/w\"", "/w"),
        ["webhook_url"] = ("\"http://127.0.0.1:1/\"", "http://127.0.0.1:1/"),
        ["webhook_secret"] = ("\"hush\"", "set"),
        ["adapter_timeout"] = ("7.5", "7.5"),
        ["adapter_timeouts"] = ("{\"openclaw\":10}", "{\"openclaw\": 10}"),
        ["openclaw_url"] = ("\"ws://127.0.0.1:1\"", "ws://127.0.0.1:1"),
        ["openclaw_token"] = ("\"hush\"", "set"),
        ["openclaw_gateways"] = ("{\"lab\":{\"url\":\"ws://127.0.0.1:1\"}}", "lab"),
        ["max_concurrent"] = ("3", "3"),
        ["max_concurrent_by_adapter"] = ("{\"codex\":2}", "{\"codex\": 2}"),
        ["max_concurrent_by_group"] = ("{\"g\":2}", "{\"g\": 2}"),
        ["lock_mode"] = ("\"tree\"", "tree"),
        ["output_cap_mb"] = ("1", "1"),
        ["worktree_copy"] = ("[\".env\"]", "[\".env\"]"),
        ["worktree_setup"] = ("\"make\"", "make"),
        ["on_create"] = ("\"true\"", "true"),
        ["on_complete"] = ("\"true\"", "true"),
        ["agents"] = ("{\"mine\":{\"launch\":[\"x\",\"{prompt}\"]}}", "mine"),
        ["acp_agent"] = ("\"gemini\"", "gemini"),
        ["acp_permissions"] = ("\"deny-all\"", "deny-all"),
        ["acp_when_asked"] = ("\"ask\"", "ask"),
        ["acp_ttl"] = ("10", "10"),
        ["acp_queue_depth"] = ("3", "3"),
        ["acp_output_limit_mb"] = ("5", "5"),
        ["acp_agents"] = ("{\"own\":{\"argv\":[\"x\"]}}", "own"),
        ["acp_auth"] = ("{\"KEY\":\"hush\"}", "set"),
        ["mcp_servers"] = ("[{\"name\":\"files\",\"command\":\"x\",\"args\":[],\"env\":[]}]", "set"),
    };

    [Fact]
    public async Task Unknown_key_and_unset_key_have_their_codes()
    {
        Assert.Equal(ExitCode.Usage, await Run("config", "get", "nope"));
        Assert.Equal(ExitCode.NotFound, await Run("config", "get", "model"));
    }

    public void Dispose() => home.Delete(recursive: true);

    private void Write(string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        System.IO.File.WriteAllText(File, content);
    }

    private Task<int> Run(params string[] arguments) => CommandLine.Run(
        arguments, stage.Around with { Environment = new AgentEnvironment(home.FullName, new Dictionary<string, string>()) }, TestContext.Current.CancellationToken);
}
