using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>Real Claude Code, and what agentctl tells of it.</summary>
public sealed class ClaudeTests : AgentTests
{
    private readonly string id = Guid.NewGuid().ToString();
    private ClaudeHome claude = null!;

    private protected override Task Prepare()
    {
        claude = new ClaudeHome(Sandbox);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task W8_W13_claude_print_runs_until_it_ends()
    {
        var print = claude.Print("HOLD turn", id);
        await Model.Reached("turn");
        var during = await Agentctl.See(id);
        Assert.Equal(("running", true, print.Pid, Sandbox.Work), (during.Status, during.Alive, during.Pid, during.Cwd));

        Model.Release("turn");
        Assert.Equal(0, (await print.Exit()).ExitCode);
        var after = await Agentctl.See(id);
        Assert.Equal(("stopped", false, null), (after.Status, after.Alive, after.Pid));
    }

    [Fact]
    public async Task Claude_killed_in_a_turn_is_not_running_although_its_file_says_busy()
    {
        var print = claude.Print("HOLD turn", id);
        await Model.Reached("turn");
        Assert.Equal("running", (await Agentctl.See(id)).Status);

        await print.Kill();
        Assert.Equal("busy", claude.Native(print.Pid)?.Status);
        var after = await Agentctl.See(id);
        Assert.True(after.IsTerminal, after.Raw);
    }

    [Fact]
    public async Task Claude_terminated_in_a_turn_is_not_running()
    {
        var print = claude.Print("HOLD turn", id);
        await Model.Reached("turn");
        await print.Terminate();
        var after = await Agentctl.See(id);
        Assert.True(after.IsTerminal, after.Raw);
    }

    [Fact]
    public async Task W6_claude_twice_in_one_directory_are_two_sessions_with_their_own_ends()
    {
        var other = Guid.NewGuid().ToString();
        var first = claude.Print("HOLD first", id);
        var second = claude.Print("HOLD second", other);
        await Model.Reached("first");
        await Model.Reached("second");
        Assert.Equal(("running", first.Pid), ((await Agentctl.See(id)).Status, (await Agentctl.See(id)).Pid));
        Assert.Equal(("running", second.Pid), ((await Agentctl.See(other)).Status, (await Agentctl.See(other)).Pid));

        await first.Kill();
        Assert.True((await Agentctl.See(id)).IsTerminal);
        Assert.Equal("running", (await Agentctl.See(other)).Status);
    }

    [Fact]
    public async Task Claude_that_asks_for_permission_waits_and_then_idles()
    {
        var tui = await claude.Tui("--permission-mode", "default", "--session-id", id, "RUN touch made-by-claude");
        await tui.ReadUntil("Do you want to proceed?");
        var asking = (await Agentctl.Until(id, "a waiting session", seen => seen.Status == "waiting"))!;
        Assert.Equal((true, tui.Process.Pid, "terminal"), (asking.Alive, asking.Pid, asking.Owner));
        Assert.Contains("permission", asking.Reason);
        var approvals = (await Agentctl.Served.Run("approvals")).Output;
        Assert.Contains(id[..8], approvals, StringComparison.Ordinal);
        Assert.Contains("terminal", approvals, StringComparison.Ordinal);

        await tui.Press("Enter");
        var resting = (await Agentctl.Until(id, "an idle session", seen => seen.Status == "idle"))!;
        Assert.Equal(tui.Process.Pid, resting.Pid);
        Assert.True(File.Exists(Path.Combine(Sandbox.Work, "made-by-claude")));
    }

    [Fact]
    public async Task Claude_after_clear_is_a_new_session_of_the_same_process()
    {
        var tui = await claude.Tui("--session-id", id, "HOLD turn");
        await Model.Reached("turn");
        Assert.Equal("running", (await Agentctl.See(id)).Status);
        Model.Release("turn");
        await claude.Says(tui.Process.Pid, "idle");
        Assert.Equal(("idle", tui.Process.Pid), ((await Agentctl.See(id)).Status, (await Agentctl.See(id)).Pid));

        await tui.Type("/clear");
        await tui.ReadUntil("/clear");
        await tui.Press("Enter");
        var native = await Eventually.See("another session id", RealProcess.UsualDeadline, () => claude.Native(tui.Process.Pid), n => n is not null && n.SessionId != id);
        var fresh = (await Agentctl.Until(native!.SessionId, "an idle session", seen => seen.Status == "idle"))!;
        Assert.Equal(tui.Process.Pid, fresh.Pid);
        Assert.True((await Agentctl.See(id)).IsTerminal);
    }

    [Fact]
    public async Task Claude_in_the_background_belongs_to_its_daemon_until_it_is_stopped()
    {
        var started = await claude.Run("--bg", "HOLD background", "--model", "claude-fake");
        Assert.Equal(0, started.ExitCode);
        await Model.Reached("background");
        var row = Assert.Single(await Agentctl.Rows());
        var during = Seen.From(row);
        Assert.Equal(("running", true, "claude-daemon"), (during.Status, during.Alive, during.Owner));

        var session = row.GetProperty("id").GetString()!;
        Model.Release("background");
        await Agentctl.Until(session, "an idle session", seen => seen is { Status: "idle", Owner: "claude-daemon" });
        Assert.Equal(0, (await claude.Run("stop", session[..8])).ExitCode);
        await Agentctl.Until(session, "a stopped session", seen => seen is { Status: "stopped", Alive: false });
    }
}
