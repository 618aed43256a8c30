using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>OpenCode 1.1, that keeps files and no database, and Pi 0.73, under its old package's name.</summary>
public sealed class OlderAgentTests : AgentTests
{
    private protected override Task Prepare()
    {
        OtherAgents.Prepare(Sandbox, areOlder: true);
        Sandbox.Variables["PATH"] = $"{Sandbox.Folder("bin")}:{Sandbox.Variables["PATH"]}";
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("opencode")]
    [InlineData("pi")]
    public async Task Finished_session_is_stopped_and_its_conversation_is_shown(string agent)
    {
        Assert.Equal(0, (await OtherAgents.Start(Sandbox, agent, "SAY it is done").Exit(RealProcess.UsualDeadline)).ExitCode);
        var row = Assert.Single(await Agentctl.Rows());
        Assert.Equal((agent, "stopped", "done", Sandbox.Work), (row.GetProperty("adapter").GetString(), Seen.From(row).Status, Seen.From(row).Reason, Seen.From(row).Cwd));
        Assert.Contains("SAY it is done", row.GetProperty("prompt").GetString(), StringComparison.Ordinal);
        Assert.Contains("it is done", (await Agentctl.Served.Run("peek", row.GetProperty("id").GetString()!)).Output, StringComparison.Ordinal);
    }

    /// <summary>The process is known by the log that it alone has open.</summary>
    [Fact]
    public async Task Unfinished_opencode_session_is_probable_while_its_process_lives_and_vanished_after_it()
    {
        var turn = OtherAgents.Start(Sandbox, "opencode", "HOLD turn");
        await Model.Reached("turn");
        var seen = Seen.From(Assert.Single(await Agentctl.Rows()));
        Assert.Equal(("unknown", "probable"), (seen.Status, seen.Reason));
        Assert.Contains($"probably pid {turn.Identity.Pid} ", seen.Raw, StringComparison.Ordinal);

        await turn.Kill();
        var after = (await Agentctl.Until(JsonDocument.Parse(seen.Raw).RootElement.GetProperty("id").GetString()!, "the end", static one => one.IsTerminal))!;
        Assert.Equal(("stopped", "vanished"), (after.Status, after.Reason));
    }

    [Fact]
    public async Task Pi_that_was_killed_in_its_first_turn_leaves_no_session()
    {
        var turn = OtherAgents.Start(Sandbox, "pi", "HOLD turn");
        await Model.Reached("turn");
        await turn.Kill();
        Assert.Empty(await Agentctl.Rows());
    }

    [Theory]
    [InlineData("opencode")]
    [InlineData("pi")]
    public async Task Launched_agent_runs_is_stopped_in_its_turn_and_goes_on_under_its_id(string adapter)
    {
        var done = await Agentctl.Served.Run("launch", adapter, "--wait", "-p", "SAY one");
        Assert.True(done.ExitCode == 0, done.Output + done.Error);
        Assert.Contains("one", done.Output, StringComparison.Ordinal);
        var id = Assert.Single(await Agentctl.Rows()).GetProperty("id").GetString()!;

        Assert.Equal(0, (await Agentctl.Served.Run("resume", id, "HOLD turn")).ExitCode);
        await Model.Reached("turn");
        var running = (await Agentctl.Until(id, "a running session", static seen => seen.Status == "running"))!;
        Assert.Equal(("agentctl", true), (running.Owner, running.Alive));
        Assert.Equal(0, (await Agentctl.Served.Run("stop", id)).ExitCode);
        var stopped = Seen.From(Assert.Single(await Agentctl.Rows()));
        Assert.Equal(("stopped", "asked"), (stopped.Status, stopped.Reason));

        var resumed = await Agentctl.Served.Run("resume", id, "--wait", "SAY two");
        Assert.True(resumed.ExitCode == 0, resumed.Output + resumed.Error);
        Assert.Equal(id, Assert.Single(await Agentctl.Rows()).GetProperty("id").GetString());
        Assert.Contains("two", (await Agentctl.Served.Run("peek", id)).Output, StringComparison.Ordinal);
    }
}
