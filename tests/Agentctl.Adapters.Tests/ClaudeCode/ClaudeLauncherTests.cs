using System.Text;
using System.Text.Json;
using Agentctl.Adapters.ClaudeCode;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

public sealed class ClaudeLauncherTests : IDisposable
{
    private readonly Agentctl.Adapters.Tests.ProgramFolder programs = new("claude");

    [Fact]
    public void W19_W51_new_session_has_a_pinned_id_its_prompt_on_stdin_and_no_bypass()
    {
        var plan = Planned(new LaunchWish { Prompt = "--looks like a flag", Cwd = "/", Model = "opus", PermissionMode = "plan", AgentArguments = ["--allowedTools", "Bash"] });
        Assert.Equal(
            ["-p", "--session-id", plan.SessionId!, "--output-format", "stream-json", "--verbose", "--model", "opus", "--permission-mode", "plan", "--allowedTools", "Bash"],
            plan.Arguments);
        Assert.True(Guid.TryParse(plan.SessionId, out _));
        Assert.DoesNotContain(Planned(new LaunchWish { Prompt = "x", Cwd = "/" }).Arguments, argument => argument.Contains("permission", StringComparison.Ordinal));
        Assert.Equal((StdinMode.Text, "--looks like a flag", true), (plan.Stdin, plan.StdinText, plan.TellsSessionId));
    }

    [Fact]
    public void Resumed_session_keeps_its_id() =>
        Assert.Equal(["-p", "--resume", "1f0a", "--output-format", "stream-json", "--verbose"], Planned(new LaunchWish { Prompt = "go on", Cwd = "/", Resumes = "1f0a" }).Arguments);

    [Fact]
    public void Open_input_gets_its_messages_as_lines_of_json()
    {
        var plan = Planned(new LaunchWish { Prompt = "two\nlines \"quoted\"", Cwd = "/", KeepOpen = true });
        Assert.Equal(StdinMode.Open, plan.Stdin);
        Assert.Contains("--input-format", plan.Arguments);
        Assert.EndsWith("}\n", plan.StdinText, StringComparison.Ordinal);
        using var frame = JsonDocument.Parse(plan.StdinText!);
        Assert.Equal("two\nlines \"quoted\"", frame.RootElement.GetProperty("message").GetProperty("content").GetString());
        using var interrupt = JsonDocument.Parse(ClaudeLauncher.InterruptFrame());
        Assert.Equal("interrupt", interrupt.RootElement.GetProperty("request").GetProperty("subtype").GetString());
    }

    [Fact]
    public void Api_keys_are_withheld_unless_they_are_asked_for()
    {
        Assert.Equal(["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"], Planned(new LaunchWish { Prompt = "x", Cwd = "/" }).WithheldVariables);
        Assert.Empty(Planned(new LaunchWish { Prompt = "x", Cwd = "/" }, ("AGENTCTL_CLAUDE_USE_API_KEY", "1")).WithheldVariables);
    }

    [Fact]
    public void Unknown_permission_mode_is_bad_input_and_a_missing_program_is_not()
    {
        Assert.True(Assert.IsType<PlanOutcome.Refused>(ClaudeLauncher.Plan(new LaunchWish { Prompt = "x", Cwd = "/", PermissionMode = "yolo" }, programs.Environment())).IsUsage);
        Assert.False(Assert.IsType<PlanOutcome.Refused>(ClaudeLauncher.Plan(new LaunchWish { Prompt = "x", Cwd = "/" }, new AgentEnvironment("/", new Dictionary<string, string> { ["PATH"] = "/nowhere" }))).IsUsage);
    }

    [Theory]
    [InlineData("""{"type":"system","subtype":"init","cwd":"/","session_id":"338fa4b8"}""", "338fa4b8")]
    [InlineData("""{"session_id":"338fa4b8","type":"system"}""", "338fa4b8")]
    [InlineData("""{"type":"assistant","session_id":"338fa4b8"}""", null)]
    [InlineData("""{"type":"system","session_id":""", null)]
    [InlineData("not json", null)]
    public void Session_id_is_read_from_the_first_line(string line, string? id) => Assert.Equal(id, ClaudeLauncher.SessionIdIn(Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData("""{"subtype":"success","permission_denials":[{"tool_name":"Bash","permission_denials":[]}],"type":"result"}""", "permission-denied")]
    [InlineData("""{"type":"result","permission_denials":[]}""", null)]
    [InlineData("""{"type":"result"}""", null)]
    [InlineData("""{"type":"user","permission_denials":[1]}""", null)]
    public void Denied_tools_are_read_from_the_result(string line, string? reason) => Assert.Equal(reason, ClaudeLauncher.ReasonIn(Encoding.UTF8.GetBytes(line)));

    public void Dispose() => programs.Dispose();

    private LaunchPlan Planned(LaunchWish wish, params (string, string)[] variables) =>
        Assert.IsType<PlanOutcome.Planned>(ClaudeLauncher.Plan(wish, programs.Environment(variables))).Plan;
}
