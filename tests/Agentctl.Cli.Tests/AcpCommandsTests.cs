using Agentctl.Cli.Commands;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests;

/// <summary>What the commands about ACP sessions ask for, print and exit with.</summary>
public sealed class AcpCommandsTests
{
    private readonly Stage stage = new();

    [Theory]
    [InlineData("exec", "--approve-all", "--deny-all", "x")]
    [InlineData("exec", "--timeout", "soon", "x")]
    [InlineData("exec", "--when-asked", "perhaps", "x")]
    [InlineData("exec", "--format", "html", "x")]
    [InlineData("exec", "--policy", "{ torn", "x")]
    [InlineData("exec", "--config-option", "novalue", "x")]
    [InlineData("sessions", "new", "--ttl", "long")]
    [InlineData("sessions", "set", "a", "mode")]
    [InlineData("approvals", "allow")]
    [InlineData("sessions", "history", "a", "-n", "many")]
    public async Task Bad_input_exits_2_and_asks_nobody(params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.Empty(stage.Sessions.Asked);
        Assert.NotEmpty(stage.Error);
    }

    [Theory]
    [InlineData("""{"autodeny":["execute"]}""", "\"autodeny\" is unknown")]
    [InlineData("""{"autoDeny":"execute"}""", "\"autoDeny\" must be a list")]
    [InlineData("""{"autoDeny":null}""", "\"autoDeny\" must be a list")]
    [InlineData("""{"escalate":["edit",1]}""", "\"escalate\" must be a list")]
    [InlineData("""{"autoApprove":[""]}""", "\"autoApprove\" must be a list")]
    [InlineData("""{"defaultAction":"ask"}""", "\"defaultAction\" must be")]
    [InlineData("""{"defaultAction":"deny","default":"approve"}""", "\"defaultAction\" is given twice")]
    [InlineData("""{"autoDeny":["execute"],"autoDeny":[]}""", "\"autoDeny\" is given twice")]
    [InlineData("""{"askSeconds":"5"}""", "\"askSeconds\" must be a number")]
    [InlineData("""{"askSeconds":1e300}""", "\"askSeconds\" must be a number")]
    [InlineData("""{"autoDeny":["\ud800"]}""", "not valid Unicode")]
    [InlineData("""{"autoDeny":["execute"]""", "not valid JSON")]
    [InlineData("""["execute"]""", "must be a JSON object")]
    [InlineData("", "must not be empty")]
    [InlineData(" ", "is empty")]
    [InlineData("no/such/rules.json", "there is no file no/such/rules.json")]
    public async Task Rules_that_cannot_be_understood_are_refused_by_name(string rules, string why)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run("exec", "--approve-all", "--policy", rules, "x"));
        Assert.Empty(stage.Sessions.Asked);
        Assert.Contains(why, stage.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("JSON payload", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_are_read_from_text_and_from_a_file()
    {
        const string Text = """{"autoApprove":["fetch"],"autoDeny":["execute"],"escalate":[],"default":"deny","askSeconds":0.5}""";
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "\uFEFF" + Text);
        foreach (var rules in (AcpPolicyOrder[])[PermissionRules.Parse(Text), PermissionRules.Parse(file)])
        {
            Assert.Equal(["fetch"], rules.AutoApprove);
            Assert.Equal(["execute"], rules.AutoDeny);
            Assert.Equal([], rules.Escalate);
            Assert.Equal(("deny", 0.5), (rules.Default, rules.AskSeconds));
        }

        File.Delete(file);
    }

    [Fact]
    public async Task Text_shows_what_the_agent_says_and_does()
    {
        Say("""{"sessionUpdate":"agent_thought_chunk","content":{"type":"text","text":"hm"}}""");
        Say("""{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"Hello \u001b[31mworld"}}""");
        Say("""{"sessionUpdate":"tool_call","toolCallId":"c","title":"make test","status":"pending"}""");
        Say("""{"sessionUpdate":"tool_call_update","toolCallId":"c","status":"completed","content":[{"type":"content","content":{"type":"text","text":"ok"}}]}""");
        Say("""{"sessionUpdate":"plan","entries":[{"content":"ship","priority":"high","status":"pending"}]}""");
        Say("""{"sessionUpdate":"_of_tomorrow"}""");
        stage.Sessions.Messages.Add("""{"jsonrpc":"2.0","id":1,"result":{"stopReason":"end_turn"}}""");

        Assert.Equal(ExitCode.Done, await stage.Run("exec", "hi"));

        Assert.Equal("[thinking] hm\n\nHello world\n[tool] make test (pending)\n[tool] make test (completed)\n  ok\n[plan]\n  - [pending] ship\n\n[done] end_turn\n", stage.Output);
    }

    [Fact]
    public async Task Ctrl_C_before_a_prompt_is_accepted_cancels_it_as_soon_as_it_is()
    {
        var (accepting, run) = (new TaskCompletionSource(), new PromptRun(stage.Around, "text", canAsk: false));
        stage.Sessions.Accepting = accepting.Task;
        stage.Sessions.Came = stage.Sessions.Came with { Status = "cancelled" };
        using var leaving = new CancellationTokenSource();
        var going = run.Execute(new PromptOrder { Session = "0k3n8v4w2r7p", Text = "hang" }, null, leaving.Token);
        run.Pressed(1, leaving);
        Assert.Single(stage.Sessions.Asked);

        accepting.SetResult();

        Assert.Equal(ExitCode.Interrupted, await going);
        Assert.Equal("0k3n8v4w2r7p", stage.Sessions.Asked[1]);
    }

    [Fact]
    public async Task Ctrl_C_twice_before_a_prompt_is_accepted_leaves()
    {
        var run = new PromptRun(stage.Around, "text", canAsk: false);
        stage.Sessions.Accepting = new TaskCompletionSource().Task;
        using var leaving = new CancellationTokenSource();
        var going = run.Execute(new PromptOrder { Session = "0k3n8v4w2r7p", Text = "hang" }, null, leaving.Token);
        run.Pressed(1, leaving);
        run.Pressed(2, leaving);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
    }

    [Fact]
    public async Task Quiet_gives_only_the_answer_and_json_what_came()
    {
        Say("""{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"one "}}""");
        Say("""{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"two"}}""");
        Assert.Equal(ExitCode.Done, await stage.Run("exec", "--format", "quiet", "hi"));
        Assert.Equal("one two\n", stage.Output);

        var other = new Stage();
        other.Sessions.Messages.AddRange(stage.Sessions.Messages);
        await other.Run("exec", "--json", "hi");
        Assert.Equal(string.Join('\n', stage.Sessions.Messages) + "\n", other.Output);
    }

    [Theory]
    [InlineData("completed", null, 0, 0, ExitCode.Done)]
    [InlineData("completed", null, 1, 0, ExitCode.Done)]
    [InlineData("completed", null, 0, 2, ExitCode.Refused)]
    [InlineData("cancelled", null, 0, 0, ExitCode.Interrupted)]
    [InlineData("timed-out", "/problems/timed-out", 0, 0, ExitCode.TimedOut)]
    [InlineData("refused", "/problems/no-slot", 0, 0, ExitCode.Refused)]
    [InlineData("failed", "/problems/agent-failed", 0, 0, ExitCode.Failed)]
    public async Task Exit_code_is_the_turns(string status, string? problem, int approved, int denied, int code)
    {
        stage.Sessions.Came = stage.Sessions.Came with
        {
            Status = status, ProblemType = problem, Problem = problem is null ? null : "why", Permissions = approved + denied == 0 ? null : new PermissionCounts(approved + denied, approved, denied),
        };
        Assert.Equal(code, await stage.Run("exec", "hi"));
    }

    [Fact]
    public async Task A_prompt_carries_what_was_said()
    {
        await stage.Run("prompt", "-a", "claude", "-s", "review", "--cwd", "/", "--timeout", "2m", "--idle-timeout", "30", "--prompt-retries", "2", "--approve-all", "fix", "it");
        var order = Assert.IsType<PromptOrder>(Assert.Single(stage.Sessions.Asked));
        Assert.Equal(("fix it", 120, 30, 2, "approve-all"), (order.Text, order.TimeoutSeconds, order.IdleTimeoutSeconds, order.Retries, order.Policy?.Mode));
        Assert.Equal(("claude", "review", "/"), (order.Scope!.Agent, order.Scope.Name, order.Scope.Cwd));
    }

    [Fact]
    public async Task A_text_that_is_an_array_of_blocks_is_sent_as_such()
    {
        await stage.Run("exec", """[{"type":"text","text":"look"},{"type":"resource_link","uri":"file:///a","name":"a"}]""");
        var order = Assert.IsType<PromptOrder>(Assert.Single(stage.Sessions.Asked));
        Assert.Null(order.Text);
        Assert.Equal(2, order.Blocks!.Value.GetArrayLength());
    }

    [Fact]
    public async Task No_wait_prints_the_name_of_the_prompt()
    {
        Assert.Equal(ExitCode.Done, await stage.Run("prompt", "--no-wait", "later"));
        Assert.Equal("0k3n8v4w2r7p.4f2a9c\n", stage.Output);
    }

    [Fact]
    public async Task Wait_for_a_prompt_gives_its_answer()
    {
        Assert.Equal(ExitCode.Done, await stage.Run("wait", "0k3n8v4w2r7p.4f2a9c"));
        Assert.Equal("hello\n", stage.Output);
        Assert.Equal([("0k3n8v4w2r7p.4f2a9c", true)], stage.Sessions.Asked.Cast<(string, bool)>());
    }

    [Fact]
    public async Task Approvals_tells_who_what_where_and_how_long_and_who_waits_elsewhere()
    {
        var now = stage.Clock.GetUtcNow();
        stage.Sessions.Asking = new ApprovalsDocument(
            [new ApprovalRow("5c1f00aa", "claude-code/2d90595b", "claude", "/home/dev/shop", "execute", "rm -rf \u001b[2Jdist", ["/home/dev/shop/dist"], now.AddMinutes(-5), now.AddMinutes(5))],
            [new WaitingElsewhere("codex/01a1", "permission-prompt", "/home/dev/api", "in its terminal (pid 12)", now.AddHours(-1))]);
        Assert.Equal(ExitCode.Done, await stage.Run("approvals"));
        Assert.Contains("rm -rf dist", stage.Output, StringComparison.Ordinal);
        Assert.Contains("~/shop/dist", stage.Output.Replace("/home/dev", "~", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("in its terminal (pid 12)", stage.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', stage.Output);

        await stage.Run("approvals", "deny", "5c1f", "--always");
        Assert.Equal(new ApprovalOrder("5c1f", Allow: false, Always: true), stage.Sessions.Asked[^1]);
    }

    private void Say(string update) => stage.Sessions.Messages.Add("""{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":UPDATE}}""".Replace("UPDATE", update, StringComparison.Ordinal));
}
