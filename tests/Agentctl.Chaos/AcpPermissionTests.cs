using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>What an agent may do, who is asked, and what it gets through its client.</summary>
public sealed class AcpPermissionTests : AcpWorld
{
    [Theory]
    [InlineData("--approve-all", "permission execute rm", "a", 0)]
    [InlineData("--approve-reads", "permission execute rm", "r", 5)]
    [InlineData("--approve-reads", "permission read {project}/file", "a", 0)]
    [InlineData("--approve-reads", "permission read /etc/passwd", "r", 5)]
    [InlineData("--approve-reads", "permission read {project}/link", "r", 5)]
    [InlineData("--approve-reads", "permission read cat", "r", 5)]
    [InlineData("--deny-all", "permission read {project}/file", "r", 5)]
    [InlineData("--when-asked=fail", "permission execute rm", "cancelled", 5)]
    public async Task Policies_decide(string policy, string script, string answer, int code)
    {
        File.WriteAllText(Path.Combine(Project, "file"), "inside");
        File.CreateSymbolicLink(Path.Combine(Project, "link"), "/etc/passwd");
        var result = await In(Served, "exec", policy, "--format", "quiet", script.Replace("{project}", Project, StringComparison.Ordinal));
        Assert.Equal((code, answer), (result.ExitCode, result.Output.Trim()));
    }

    [Fact]
    public async Task Rules_come_before_modes()
    {
        const string Rules = """{"autoDeny":["execute"],"autoApprove":["fetch"],"defaultAction":"deny"}""";
        Assert.Equal("r", (await In(Served, "exec", "--approve-all", "--policy", Rules, "--format", "quiet", "permission execute x")).Output.Trim());
        Assert.Equal("a", (await In(Served, "exec", "--policy", Rules, "--format", "quiet", "permission fetch x")).Output.Trim());
        Assert.Equal("r", (await In(Served, "exec", "--approve-all", "--policy", Rules, "--format", "quiet", "permission edit x")).Output.Trim());
    }

    [Fact]
    public async Task A_question_waits_survives_the_daemon_and_is_answered_from_another_terminal()
    {
        await NewSession(Served, "--when-asked", "ask");
        var prompt = Start(Served, "prompt", "--format", "quiet", "two-permissions; permission execute three");
        var first = await Approvals(2);
        Assert.Equal("waiting", (await List(Served)).Single().Status);
        await KillDaemon();
        Assert.Equal("waiting (permission-prompt)", (await List(Alone)).Single().State);
        var again = await Approvals(2);
        Assert.Equal(first.Order(), again.Order());

        Assert.Equal(0, (await Served.Run("approvals", "allow", again[0])).ExitCode);
        Assert.Equal(0, (await Served.Run("approvals", "deny", again[1])).ExitCode);
        Assert.Equal(4, (await Served.Run("approvals", "allow", again[0])).ExitCode);
        var third = await Approvals(1);
        await Served.Run("approvals", "allow", third[0], "--always");

        Assert.Equal(0, (await prompt.Exit()).ExitCode);
        Assert.Equal(3, Logged().Count(static line => line.StartsWith("answer ", StringComparison.Ordinal)));
        Assert.Equal("aa", Logged().Last(static line => line.StartsWith("answer three", StringComparison.Ordinal))["answer three ".Length..]);

        // Said for good: not asked again.
        Assert.Equal("a", (await In(Served, "prompt", "--format", "quiet", "permission execute four")).Output.Trim());
    }

    [Fact]
    public async Task A_question_expires_as_the_policy_says()
    {
        var result = await In(Served, "exec", "--when-asked", "ask", "--policy", """{"askSeconds":0.5}""", "--format", "quiet", "permission execute x");
        Assert.Equal((5, "r"), (result.ExitCode, result.Output.Trim()));
    }

    [Fact]
    public async Task Cancelling_a_turn_answers_its_questions()
    {
        await NewSession(Served, "--when-asked", "ask");
        var prompt = Start(Served, "prompt", "permission execute x; hang");
        await Approvals(1);
        await Served.Run("cancel", (await List(Served)).Single().Id);
        await prompt.Exit();
        Assert.Contains("cancelled permission execute x; hang", Logged());
        Assert.Contains("No pending approvals", (await Served.Run("approvals")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_stay_inside_the_session()
    {
        File.WriteAllText(Path.Combine(Project, "in.txt"), "content");
        Directory.CreateSymbolicLink(Path.Combine(Project, "out"), Sandbox.Home);
        async Task<ProcessResult> Exec(string script) => await In(Served, "exec", "--approve-all", "--format", "quiet", script);

        Assert.Equal("content\n", (await Exec($"read {Project}/in.txt")).Output);
        Assert.Equal("written\n", (await Exec($"write {Project}/new/deep.txt hello")).Output);
        Assert.Equal("hello", File.ReadAllText(Path.Combine(Project, "new", "deep.txt")));
        Assert.Contains("outside", (await Exec("read /etc/hostname")).Error, StringComparison.Ordinal);
        Assert.Contains("outside", (await Exec($"write {Project}/out/x evil")).Error, StringComparison.Ordinal);
        Assert.Contains("outside", (await Exec($"write {Project}/new/../../x evil")).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Sandbox.Home, "x")));
        Assert.Contains("not permitted", (await In(Served, "exec", $"write {Project}/y no")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminals_have_a_tree_of_their_own_that_ends_with_the_session()
    {
        async Task<string> Exec(string script) => (await In(Served, "exec", "--approve-all", "--format", "quiet", script)).Output.Trim();

        Assert.Equal("3:out\nerr", (await Exec("terminal echo out && echo err >&2 && exit 3")).Replace("\n\n", "\n", StringComparison.Ordinal).Trim());
        Assert.StartsWith("SIG", await Exec("kill-terminal sleep 1000"), StringComparison.Ordinal);
        Assert.Equal(501, (await Exec("terminal printf é%.0s $(seq 1000)")).Replace("0:", "", StringComparison.Ordinal).Replace("(cut)", "x", StringComparison.Ordinal).Length);

        var id = await NewSession(Served, "--approve-all");
        var prompt = Start(Served, "prompt", "terminal sleep 1000 & sleep 1000");
        await Eventually.True("the command to run", Deadline, () => LivingAgents().Count(static process => process.Comm == "sleep") == 2);
        await Served.Run("sessions", "close", id);
        await prompt.Exit();
        await NothingLeft();
    }

    [Theory]
    [InlineData("y", "a", 0)]
    [InlineData("a", "aa", 0)]
    [InlineData("n", "r", 5)]
    public async Task A_person_at_the_terminal_is_asked(string said, string answer, int code)
    {
        // A shell around it shows how it ended; a terminal's only program takes the screen with it.
        var terminal = await Pty.Start(
            Sandbox, ["sh", "-c", $"{AgentctlCli.Program} exec --format quiet --cwd {Project} 'permission execute rm'; echo \"code $?\"; cat"], Served.Variables);
        var asked = await terminal.ReadUntil("Allow it?");
        Assert.Contains("execute: rm", asked, StringComparison.Ordinal);
        await terminal.Type(said);
        await terminal.Press("Enter");
        await terminal.ReadUntil($"code {code}");
        Assert.Contains($"answer rm {answer}", Logged());
    }

    private async Task<IReadOnlyList<string>> Approvals(int count)
    {
        IReadOnlyList<string> seen = [];
        await Eventually.See($"{count} questions", Deadline, async () =>
        {
            var result = await Served.Quietly("approvals", "--json");
            using var json = JsonDocument.Parse(result.Output);
            return seen = [.. json.RootElement.GetProperty("approvals").EnumerateArray().Select(static row => row.GetProperty("id").GetString()!)];
        }, ids => ids.Count == count);
        return seen;
    }
}
