using Agentctl.Core;
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
