using System.Text.Json;
using System.Text.Json.Nodes;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>The daemon may die, the machine may be booted, the disk may be full, an agent may launch agents.</summary>
public sealed class RecoveryTests : World
{
    [Fact]
    public async Task Agent_launches_an_agent_and_ends_and_daemon_and_second_agent_live()
    {
        var second = Sandbox.Folder("second");
        Sandbox.Variables["NEST"] = second;
        Sandbox.Variables["AGENTCTL"] = AgentctlCli.Program;
        var first = await Served.Run("launch", "probe", "-p", "nest", "--cwd", Project, "--wait");
        Assert.True(first.ExitCode == 0, first.Output + first.Error);

        var rows = await List(Served);
        Assert.Equal(["running", "stopped (done)"], rows.Select(row => row.State).Order());
        Assert.NotNull((await AgentIn(second)).Now());
        Assert.NotNull(Daemon());
        Assert.Equal(0, (await Served.Run("stop", "--all")).ExitCode);
        Assert.Empty(LivingAgents());
    }

    [Fact]
    public async Task Daemon_restart_leaves_agents_alone()
    {
        await Served.Run("launch", "probe", "-p", "work", "--cwd", Project);
        var (agent, child) = (await AgentIn(Project), await ChildIn(Project));
        var before = (await One(Served))!;
        Assert.Equal(0, (await Served.Run("daemon", "restart")).ExitCode);
        Assert.NotNull(agent.Now());
        Assert.NotNull(child.Now());
        Assert.Equal(before.Raw, (await One(Served))!.Raw);
        Assert.Contains("1 launches live", File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "logs", "agentctld.log")));
        await Served.Run("stop", "--all");
    }

    [Fact]
    public async Task Exit_while_there_was_no_daemon_is_picked_up()
    {
        await Served.Run("launch", "probe", "-p", "work", "--cwd", Project);
        await Told(Project);
        await Kill(Daemon()!);
        LetEnd();
        await Eventually.See("nothing left", Deadline, LivingAgents, living => living.Count == 0);
        Assert.Equal("stopped (done)", (await One(Served))!.State);
    }

    [Fact]
    public async Task Launch_of_an_earlier_boot_is_stopped_by_reboot_and_offered_for_resuming()
    {
        await Launched("work");
        var agent = await AgentIn(Project);
        var shim = ShimOf(agent);
        await Kill(shim);
        await Kill(agent);
        await Kill(await ChildIn(Project));

        // What a reboot leaves: a record of another boot, no exit, no process.
        var file = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "launch.json", SearchOption.AllDirectories).Single();
        var record = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        record["bootId"] = "00000000-0000-0000-0000-000000000000";
        File.WriteAllText(file, record.ToJsonString());

        Assert.Equal("stopped (reboot)", (await One(Alone))!.State);
        Assert.Empty(await Locks(Alone));
        var offered = await Alone.Run("resume", "--rebooted");
        Assert.Contains("reboot", offered.Output);
        var resumed = await Alone.Run("resume", "--rebooted", "--yes", "work");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Single(await List(Alone), row => row.Status == "running");
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Full_disk_refuses_a_launch_and_a_running_agent_can_be_stopped()
    {
        await using var small = await SmallDisk.Mount(Sandbox, Path.Combine(Sandbox.Root, "small"));
        Sandbox.Variables["AGENTCTL_HOME"] = small.Path;
        File.Copy(Path.Combine(Sandbox.AgentctlHome, "config.json"), Path.Combine(small.Path, "config.json"));
        Assert.Equal(0, (await LaunchIn(Sandbox.Folder("first"), "fill").Exit()).ExitCode);

        var refused = await Launch("work").Exit();
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("No space left", refused.Error);
        Assert.False(File.Exists(Path.Combine(Project, "agent.pid")), "an agent that cannot be recorded must not run");
        var row = Assert.Single(await List(Alone));
        Assert.True(row.Alive);

        // Its shim has kept room for the record of the end.
        var stop = await Alone.Run("stop", row.Id);
        Assert.True(stop.ExitCode == 0, stop.Output + stop.Error);
        Assert.Equal("stopped (asked)", Assert.Single(await List(Alone)).State);
        await Served.Run("daemon", "stop");
    }

    [Fact]
    public async Task Read_only_home_refuses_a_launch_and_tells_what_runs()
    {
        Assert.Equal(0, (await LaunchIn(Sandbox.Folder("first"), "work").Exit()).ExitCode);
        await Told(Path.Combine(Sandbox.Root, "first"));
        var agent = await AgentIn(Path.Combine(Sandbox.Root, "first"));

        var refused = await RunReadOnly("launch", "probe", "-p", "work", "--cwd", Project);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Read-only file system", refused.Error);
        Assert.Contains("\"alive\": true", (await RunReadOnly("list", "-a", "--json")).Output);

        // Even a killed shim and agent are told truly, although nothing can be written down.
        await Kill(ShimOf(agent));
        await Kill(agent);
        await Kill(await ChildIn(Path.Combine(Sandbox.Root, "first")));
        Assert.Contains("\"reason\": \"lost\"", (await RunReadOnly("list", "-a", "--json")).Output);
        Assert.Equal("error (lost)", Assert.Single(await List(Alone)).State);
    }

    /// <summary>As from a home that is mounted read-only: in a mount namespace of the command's own, since a running agent writes to the real one.</summary>
    private Task<ProcessResult> RunReadOnly(params string[] arguments) => Sandbox.Run(
        ["unshare", "-m", "sh", "-c", "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && shift && exec \"$@\"", "sh", Sandbox.AgentctlHome, AgentctlCli.Program, .. arguments],
        Alone.Variables);

    [Fact]
    public async Task Corrupt_record_is_named_and_harms_nobody_else()
    {
        await Launched("quick");
        await Launched("work");
        var ended = (await List(Alone)).Single(row => !row.Alive);
        using var row = JsonDocument.Parse(ended.Raw);
        File.WriteAllText(Path.Combine(Sandbox.AgentctlHome, "launches", row.RootElement.GetProperty("meta").GetProperty("launch").GetString()!, "launch.json"), "{ torn");
        var list = await Alone.Run("list", "-a", "--json");
        Assert.Equal(0, list.ExitCode);
        Assert.Contains("cannot be read", list.Error);
        var rows = JsonDocument.Parse(list.Output).RootElement.EnumerateArray().ToList();
        Assert.Single(rows, static one => one.GetProperty("alive").GetBoolean());
        Assert.Equal(["running", "stopped"], rows.Select(static one => one.GetProperty("status").GetString()));
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Prune_shows_with_evidence_what_would_go_and_takes_only_that()
    {
        await Launched("quick");
        await Launched("work");
        var old = (await List(Alone)).Single(row => !row.Alive);
        using var row = JsonDocument.Parse(old.Raw);
        var folder = Path.Combine(Sandbox.AgentctlHome, "launches", row.RootElement.GetProperty("meta").GetProperty("launch").GetString()!);
        Age(folder, TimeSpan.FromHours(25));
        var dry = await Alone.Run("prune", "--dry-run");
        Assert.Contains("output, prompt and arguments of a launch: ended 25 hours ago (exited)", dry.Output);
        Assert.True(File.Exists(Path.Combine(folder, "stdout.log")));

        Assert.Equal(0, (await Alone.Run("prune")).ExitCode);
        Assert.Equal(["exit.json", "launch.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Where(name => name != "session.json").Order());
        Assert.DoesNotContain("quick", File.ReadAllText(Path.Combine(folder, "launch.json")));
        Assert.Equal(2, (await List(Alone)).Count);

        Age(folder, TimeSpan.FromDays(8));
        await Alone.Run("prune");
        Assert.False(Directory.Exists(folder));
        Assert.True(Assert.Single(await List(Alone)).Alive);
        await Alone.Run("stop", "--all");
    }

    private static void Age(string folder, TimeSpan age)
    {
        var file = Path.Combine(folder, "exit.json");
        var record = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        record["endedAt"] = DateTimeOffset.UtcNow.Subtract(age).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

        // Replaced, as agentctl itself does: a daemon would see another file.
        File.WriteAllText(file + ".new", record.ToJsonString());
        File.Move(file + ".new", file, overwrite: true);
    }
}
