using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>Real Claude Code, and what agentctl tells of it.</summary>
public sealed class ClaudeTests : IAsyncLifetime
{
    private readonly string id = Guid.NewGuid().ToString();
    private Sandbox sandbox = null!;
    private FakeModelProcess model = null!;
    private ClaudeHome claude = null!;
    private Observer agentctl = null!;

    public async ValueTask InitializeAsync()
    {
        sandbox = await Sandbox.Create();
        model = await FakeModelProcess.Start(sandbox);
        claude = new ClaudeHome(sandbox);
        agentctl = new Observer(sandbox);
    }

    public ValueTask DisposeAsync() => sandbox.DisposeAsync();

    [Fact]
    public async Task Claude_print_runs_until_it_ends()
    {
        var print = claude.Print("HOLD turn", id);
        await model.Reached("turn");
        var during = await agentctl.See(id);
        Assert.Equal(("running", true, print.Pid, sandbox.Work), (during.Status, during.Alive, during.Pid, during.Cwd));

        model.Release("turn");
        Assert.Equal(0, (await print.Exit()).ExitCode);
        var after = await agentctl.See(id);
        Assert.Equal(("stopped", false, null), (after.Status, after.Alive, after.Pid));
    }

    [Fact]
    public async Task Claude_killed_in_a_turn_is_not_running_although_its_file_says_busy()
    {
        var print = claude.Print("HOLD turn", id);
        await model.Reached("turn");
        Assert.Equal("running", (await agentctl.See(id)).Status);

        await print.Kill();
        Assert.Equal("busy", claude.Native(print.Pid)?.Status);
        var after = await agentctl.See(id);
        Assert.True(after.IsTerminal, after.Raw);
    }

    [Fact]
    public async Task Claude_terminated_in_a_turn_is_not_running()
    {
        var print = claude.Print("HOLD turn", id);
        await model.Reached("turn");
        await print.Terminate();
        var after = await agentctl.See(id);
        Assert.True(after.IsTerminal, after.Raw);
    }

    [Fact]
    public async Task Claude_twice_in_one_directory_are_two_sessions_with_their_own_ends()
    {
        var other = Guid.NewGuid().ToString();
        var first = claude.Print("HOLD first", id);
        var second = claude.Print("HOLD second", other);
        await model.Reached("first");
        await model.Reached("second");
        Assert.Equal(("running", first.Pid), ((await agentctl.See(id)).Status, (await agentctl.See(id)).Pid));
        Assert.Equal(("running", second.Pid), ((await agentctl.See(other)).Status, (await agentctl.See(other)).Pid));

        await first.Kill();
        Assert.True((await agentctl.See(id)).IsTerminal);
        Assert.Equal("running", (await agentctl.See(other)).Status);
    }

    [Fact]
    public async Task Claude_that_asks_for_permission_waits_and_then_idles()
    {
        var tui = await claude.Tui("--permission-mode", "default", "--session-id", id, "RUN touch made-by-claude");
        await tui.ReadUntil("Do you want to proceed?");
        var asking = (await agentctl.Until(id, "a waiting session", seen => seen.Status == "waiting"))!;
        Assert.Equal((true, tui.Process.Pid, "terminal"), (asking.Alive, asking.Pid, asking.Owner));
        Assert.Contains("permission", asking.Reason);

        await tui.Press("Enter");
        var resting = (await agentctl.Until(id, "an idle session", seen => seen.Status == "idle"))!;
        Assert.Equal(tui.Process.Pid, resting.Pid);
        Assert.True(File.Exists(Path.Combine(sandbox.Work, "made-by-claude")));
    }

    [Fact]
    public async Task Claude_after_clear_is_a_new_session_of_the_same_process()
    {
        var tui = await claude.Tui("--session-id", id, "HOLD turn");
        await model.Reached("turn");
        Assert.Equal("running", (await agentctl.See(id)).Status);
        model.Release("turn");
        await claude.Says(tui.Process.Pid, "idle");
        Assert.Equal(("idle", tui.Process.Pid), ((await agentctl.See(id)).Status, (await agentctl.See(id)).Pid));

        await tui.Type("/clear");
        await tui.ReadUntil("/clear");
        await tui.Press("Enter");
        var native = await Eventually.See("another session id", RealProcess.UsualDeadline, () => claude.Native(tui.Process.Pid), n => n is not null && n.SessionId != id);
        var fresh = (await agentctl.Until(native!.SessionId, "an idle session", seen => seen.Status == "idle"))!;
        Assert.Equal(tui.Process.Pid, fresh.Pid);
        Assert.True((await agentctl.See(id)).IsTerminal);
    }

    [Fact]
    public async Task Claude_in_the_background_belongs_to_its_daemon_until_it_is_stopped()
    {
        var started = await claude.Run("--bg", "HOLD background", "--model", "claude-fake");
        Assert.Equal(0, started.ExitCode);
        await model.Reached("background");
        var row = Assert.Single(await agentctl.Rows());
        var during = Seen.From(row);
        Assert.Equal(("running", true, "claude-daemon"), (during.Status, during.Alive, during.Owner));

        var session = row.GetProperty("id").GetString()!;
        model.Release("background");
        await agentctl.Until(session, "an idle session", seen => seen is { Status: "idle", Owner: "claude-daemon" });
        Assert.Equal(0, (await claude.Run("stop", session[..8])).ExitCode);
        await agentctl.Until(session, "a stopped session", seen => seen is { Status: "stopped", Alive: false });
    }
}
