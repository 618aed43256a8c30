using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Nothing waits without a limit for a shim, a lease or a hook, whatever an agent does to them.</summary>
public sealed class LivenessTests : World
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_command_hangs_at_a_shim_that_is_stopped_and_stop_ends_its_agent(bool withDaemon)
    {
        var agentctl = withDaemon ? Served : Alone;
        if (withDaemon)
        {
            await Served.Run("daemon", "start");
        }

        Assert.Equal(0, (await Launched("work")).ExitCode);
        var (agent, child) = (await AgentIn(Project), await ChildIn(Project));
        await Halt(ShimOf(agent));
        var id = (await One(agentctl))!.Id;

        Assert.Equal("running", (await One(agentctl))!.State);
        Assert.Equal([Project], await Locks(agentctl));
        foreach (var (code, words) in ((int, string[])[])
        [
            (0, ["status", id]), (0, ["explain", id]), (0, ["peek", id]), (3, ["wait", id, "--timeout", "1s"]), (5, ["send", id, "hello"]), (0, ["doctor"]),
            (5, ["launch", "probe", "-p", "quick", "--cwd", Project]), (0, ["launch", "probe", "-p", "quick", "--cwd", Sandbox.Folder("elsewhere")]),
        ])
        {
            var clock = new MachineClock();
            var result = await agentctl.Run(words);
            Assert.True(result.ExitCode == code, $"{string.Join(' ', words)} ended with {result.ExitCode}: {result.Output}{result.Error}");
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }

        var stopped = await agentctl.Run("stop", id, "--force");
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        Assert.Equal("stopped (asked)", (await List(agentctl)).Single(row => row.Id == id).State);
        Assert.Equal((null, null), (agent.Now(), child.Now()));
    }

    [Fact]
    public async Task Daemon_attaches_to_nobody_for_ever()
    {
        // Launched with a limited life: the daemon attaches to such shims by itself.
        await Served.Run("launch", "probe", "-p", "work", "--cwd", Project);
        await Halt(ShimOf(await AgentIn(Project)));
        await Served.Run("daemon", "restart");
        Assert.Equal("running", (await One(Served))!.State);
        Assert.Equal(0, (await LaunchIn(Sandbox.Folder("elsewhere"), "quick", "--wait").Exit()).ExitCode);
        Assert.Equal(0, (await Served.Run("stop", "--all", "--force")).ExitCode);
        Assert.Empty(LivingAgents());
    }

    [Theory]
    [InlineData("--force")]
    [InlineData("--timeout", "1s")]
    public async Task Stop_while_an_on_create_hook_ignores_SIGTERM_takes_the_callers_deadline(params string[] how)
    {
        var launch = Launch("work", "--on-create", "trap '' TERM; touch ~/creating; while :; do sleep 0.1; done");
        await Eventually.True("the hook", Deadline, () => File.Exists(Path.Combine(Sandbox.Home, "creating")));
        var clock = new MachineClock();
        var stopped = await Alone.Run(["stop", "--all", .. how]);
        Assert.True(stopped.ExitCode == 0, stopped.Output + stopped.Error);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.Equal(1, (await launch.Exit()).ExitCode);
        Assert.Equal("stopped (asked)", (await One(Alone))!.State);
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")));
        await Eventually.See("nothing left", Deadline, LivingAgents, living => living.Count == 0);
    }

    [Fact]
    public async Task Launch_works_with_64_descriptors()
    {
        Assert.SkipWhen(File.Exists(Path.Combine(AgentctlCli.Folder, "agentctl.dll")), "a build that is not native keeps a file open for every assembly");
        var launched = await Sandbox.Run(["sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh", AgentctlCli.Program, "launch", "probe", "-p", "quick", "--wait", "--cwd", Project], Alone.Variables);
        Assert.True(launched.ExitCode == 0, launched.Output + launched.Error);
        Assert.Equal("stopped (done)", (await One(Alone))!.State);
    }

    [Fact]
    public async Task Launch_is_starting_while_its_hook_runs_and_is_taken_back_when_its_command_is_interrupted()
    {
        var launch = Launch("work", "--on-create", "touch ~/creating; exec sleep 600");
        await Eventually.True("the hook", Deadline, () => File.Exists(Path.Combine(Sandbox.Home, "creating")));
        Assert.Equal("starting", (await One(Alone))!.State);
        var interrupted = await launch.Interrupt();
        Assert.Equal(130, interrupted.ExitCode);
        Assert.Contains("Interrupted: the agent was not started.", interrupted.Error, StringComparison.Ordinal);
        Assert.Equal("stopped (asked)", (await One(Alone))!.State);
        await Eventually.See("nothing left", Deadline, LivingAgents, living => living.Count == 0);
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")));
    }

    [Fact]
    public async Task Interrupted_launch_says_that_its_agent_runs_and_how_to_stop_it()
    {
        var launch = Launch("secret");
        var agent = await AgentIn(Project);
        await ChildIn(Project);
        var interrupted = await launch.Interrupt();
        Assert.Equal(130, interrupted.ExitCode);
        Assert.Contains("Still running in the background.", interrupted.Error, StringComparison.Ordinal);
        Assert.NotNull(agent.Now());
        var stop = interrupted.Error.Split("to stop it: ")[1].Trim().Split(' ');
        Assert.Equal(0, (await Alone.Run(stop[1..])).ExitCode);
        Assert.Null(agent.Now());
    }

    [Fact]
    public async Task Interrupted_stop_says_what_continues()
    {
        await Launched("stubborn");
        var agent = await AgentIn(Project);
        var stop = Alone.Start("stop", (await One(Alone))!.Id, "--timeout", "3s");
        await Eventually.True("a stop request", Deadline, () => Directory.EnumerateFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stop.json", SearchOption.AllDirectories).Any());
        var interrupted = await stop.Interrupt();
        Assert.Equal(130, interrupted.ExitCode);
        Assert.Contains("still being stopped in the background", interrupted.Error, StringComparison.Ordinal);
        await Eventually.True("the agent's end", Deadline, () => agent.Now() is null);
    }

    private static async Task Halt(ProcessStat process)
    {
        await Signals.Send("STOP", process);
        await Eventually.True("the shim to be stopped", Deadline, () => ProcessStat.Read(process.Pid)?.State == 'T');
    }
}
