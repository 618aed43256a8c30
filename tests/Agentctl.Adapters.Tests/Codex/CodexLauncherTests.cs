using System.Text;
using Agentctl.Adapters.Codex;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

public sealed class CodexLauncherTests : IDisposable
{
    private readonly Agentctl.Adapters.Tests.ProgramFolder programs = new("codex");

    [Theory]
    [InlineData(null, new string[0])]
    [InlineData("read-only", new[] { "--sandbox", "read-only" })]
    [InlineData("bypass", new[] { "--dangerously-bypass-approvals-and-sandbox" })]
    [InlineData("bypassPermissions", new[] { "--dangerously-bypass-approvals-and-sandbox" })]
    public void Prompt_is_on_stdin_and_permissions_are_codex_own_words(string? mode, string[] expected)
    {
        var plan = Assert.IsType<PlanOutcome.Planned>(CodexLauncher.Plan(new LaunchWish { Prompt = "-x", Cwd = "/", Model = "gpt", PermissionMode = mode }, programs.Environment())).Plan;
        Assert.Equal(["exec", "--json", "--skip-git-repo-check", "--model", "gpt", .. expected, "-"], plan.Arguments);
        Assert.Equal((StdinMode.Text, "-x", null, PoliteSignal.Interrupt), (plan.Stdin, plan.StdinText, plan.SessionId, plan.StopSignal));
    }

    [Fact]
    public void Resume_names_the_thread()
    {
        var plan = Assert.IsType<PlanOutcome.Planned>(CodexLauncher.Plan(new LaunchWish { Prompt = "go on", Cwd = "/", Resumes = "01a1" }, programs.Environment())).Plan;
        Assert.Equal(["exec", "--json", "--skip-git-repo-check", "resume", "01a1", "-"], plan.Arguments);
        Assert.Equal("01a1", plan.SessionId);
    }

    [Fact]
    public void Open_input_is_bad_input() =>
        Assert.True(Assert.IsType<PlanOutcome.Refused>(CodexLauncher.Plan(new LaunchWish { Prompt = "x", Cwd = "/", KeepOpen = true }, programs.Environment())).IsUsage);

    [Theory]
    [InlineData("""{"type":"thread.started","thread_id":"01a1fbb7"}""", "01a1fbb7")]
    [InlineData("""{"type":"turn.started"}""", null)]
    [InlineData("""{"type":"thread.started","thread_id":""", null)]
    public void Thread_id_is_read_from_its_line(string line, string? id) => Assert.Equal(id, CodexLauncher.SessionIdIn(Encoding.UTF8.GetBytes(line)));

    public void Dispose() => programs.Dispose();
}
