using Agentctl.Testing;
using Xunit;

namespace Agentctl.RealAgents;

/// <summary>Real Codex, and what agentctl tells of it.</summary>
public sealed class CodexTests : AgentTests
{
    private CodexHome codex = null!;

    private protected override Task Prepare()
    {
        codex = new CodexHome(Sandbox);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Codex_exec_runs_until_it_ends()
    {
        var exec = codex.Exec("HOLD turn");
        var id = await CodexHome.ThreadId(exec);
        await Model.Reached("turn");
        var during = await Agentctl.See(id);
        Assert.Equal(("running", true, exec.Pid, Sandbox.Work), (during.Status, during.Alive, during.Pid, during.Cwd));

        Model.Release("turn");
        Assert.Equal(0, (await exec.Exit()).ExitCode);
        var after = await Agentctl.See(id);
        Assert.Equal(("stopped", false, null), (after.Status, after.Alive, after.Pid));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Codex_ended_by_a_signal_in_a_turn_is_not_running_although_its_lock_file_stays(string signal)
    {
        var exec = codex.Exec("HOLD turn");
        var id = await CodexHome.ThreadId(exec);
        await Model.Reached("turn");
        Assert.Equal("running", (await Agentctl.See(id)).Status);

        await Signals.Send(signal, exec.Identity);
        await exec.Exit();
        Assert.True(File.Exists(Path.Combine(Sandbox.Home, ".codex", "thread-writer-locks", id + ".lock")));
        var after = await Agentctl.See(id);
        Assert.True(after.IsTerminal, after.Raw);
    }

    [Fact]
    public async Task W6_codex_twice_in_one_directory_are_two_sessions_with_their_own_ends()
    {
        var first = codex.Exec("HOLD first");
        var second = codex.Exec("HOLD second");
        var (one, two) = (await CodexHome.ThreadId(first), await CodexHome.ThreadId(second));
        await Model.Reached("first");
        await Model.Reached("second");
        Assert.Equal(("running", first.Pid), ((await Agentctl.See(one)).Status, (await Agentctl.See(one)).Pid));
        Assert.Equal(("running", second.Pid), ((await Agentctl.See(two)).Status, (await Agentctl.See(two)).Pid));

        await first.Kill();
        Assert.True((await Agentctl.See(one)).IsTerminal);
        Assert.Equal("running", (await Agentctl.See(two)).Status);
    }

    [Fact]
    public async Task Codex_thread_in_its_daemon_runs_only_while_a_turn_is_in_progress()
    {
        var tui = await codex.Tui();
        await tui.ReadUntil("gpt-fake");
        await tui.Type("HOLD turn");
        await tui.ReadUntil("HOLD turn");
        await tui.Press("Enter");
        await Model.Reached("turn");
        var row = Assert.Single(await Agentctl.Rows());
        var during = Seen.From(row);
        Assert.Equal(("running", true, "codex-daemon"), (during.Status, during.Alive, during.Owner));
        Assert.NotEqual(tui.Process.Pid, during.Pid);

        // The daemon keeps the thread's lock: loaded is not running.
        var id = row.GetProperty("id").GetString()!;
        Model.Release("turn");
        await Agentctl.Until(id, "a session at rest", seen => seen.Status is "idle" or "stopped");
    }
}
