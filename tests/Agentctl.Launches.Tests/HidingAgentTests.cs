using System.Diagnostics;
using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Launches.Tests;

/// <summary>An agent can write everything in its launch's directory. What the kernel shows of it counts more than what it writes there.</summary>
public sealed class HidingAgentTests : IDisposable
{
    private static readonly ExitRecord Forged = new() { How = ExitHows.Exited, ExitCode = 0, EndedAt = Home.Then };

    private readonly Home home = new();
    private readonly List<Process> started = [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forged_end_does_not_free_what_a_living_agent_holds(bool shimLives)
    {
        var record = home.Lay(static one => one with { Cwd = "/held" });
        WriteAgent(record, Agent(record.Id));
        using var shim = shimLives ? home.Hold(record) : null;
        WriteExit(record);

        var launch = home.Look(record);

        Assert.Equal((true, null, 0), (launch.IsHeld, launch.Exit, launch.RefutedExit!.ExitCode));
        Assert.Contains("says that it has ended, but its agent", launch.Damage, StringComparison.Ordinal);
        var rules = new AdmissionRules(LaunchLimits.None, DirectoryRule.Exact, []);
        Assert.IsType<Refusal.DirectoryInUse>(rules.Decide(record with { Id = LaunchId.New() }, [launch], force: false, out _));
    }

    [Fact]
    public async Task Forged_end_becomes_the_end_when_the_agent_is_gone()
    {
        var record = home.Lay();
        var agent = Agent(record.Id);
        WriteAgent(record, agent);
        WriteExit(record);
        Assert.True(home.Look(record).IsHeld);

        agent.Kill();
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((false, 0), (home.Look(record).IsHeld, home.Look(record).Exit!.ExitCode));
    }

    [Fact]
    public void Real_end_replaces_a_forged_one_that_was_read_before()
    {
        var record = home.Lay();
        var shim = home.Hold(record);
        WriteExit(record);
        Assert.Equal(0, home.Store.Find(record.Id)!.Exit!.ExitCode);

        LaunchFolder.Write(home.Places.Of(record.Id), LaunchFiles.Exit, Forged with { ExitCode = 7 }, LaunchJson.Default.ExitRecord);
        shim.Dispose();

        Assert.Equal(7, home.Look(record).Exit!.ExitCode);
    }

    [Fact]
    public void Process_of_another_program_that_a_record_names_proves_nothing_and_is_not_named_as_its_own()
    {
        var record = home.Lay();
        WriteAgent(record, Agent("another"));

        var launch = home.Look(record);

        Assert.Equal((true, true, 0), (launch.IsHeld, launch.Remains!.CannotTell, launch.Remains.Processes.Count));
    }

    [Fact]
    public void Boot_that_a_record_forges_does_not_end_an_agent_that_lives()
    {
        var record = home.Lay(static one => one with { BootId = "another" });
        WriteAgent(record, Agent(record.Id));
        Assert.True(home.Look(record).IsHeld);
    }

    [Fact]
    public void Launch_without_its_marker_lives_as_long_as_its_lease_is_held()
    {
        var record = home.Lay();
        using var shim = home.Hold(record);
        File.Delete(home.Places.LiveMarker(record.Id));

        var problems = new List<string>();
        Assert.True(Assert.Single(home.Store.Live(problems)).IsHeld);
        Assert.Contains("its marker of life was deleted", Assert.Single(problems), StringComparison.Ordinal);
        Assert.True(home.Store.Find(record.Id)!.IsHeld);
    }

    [Fact]
    public void Launch_without_its_directory_lives_as_long_as_its_lease_is_held()
    {
        var record = home.Lay();
        using var agent = home.Hold(record, offset: 1);
        OwnDirectory.Delete(home.Places.Launches, record.Id);
        File.Delete(home.Places.LiveMarker(record.Id));

        var launch = Assert.Single(home.Undertaker.Attend(home.Store.Live([]), ProcessTable.Take()));

        Assert.Equal((record.Id, true, Launch.UnknownAdapter), (launch.Id, launch.IsHeld, launch.Record.Adapter));
        Assert.Equal(Environment.CurrentDirectory, launch.Record.Cwd);
        Assert.Contains(launch.Id, home.Store.All([]).Select(static one => one.Id));
        Assert.True(home.Undertaker.Attend(home.Store.Find(record.Id)!, ProcessTable.Take()).IsHeld);

        agent.Dispose();
        Assert.Empty(home.Store.Live([]));
    }

    [Fact]
    public void Launch_whose_lease_was_replaced_lives_as_long_as_the_old_one_is_held()
    {
        var record = home.Lay(static one => one with { Cwd = "/held" });
        using var agent = home.Hold(record, offset: 1);
        var lease = Path.Combine(home.Places.Of(record.Id), LaunchFiles.Lease);
        File.Delete(lease);
        File.WriteAllBytes(lease, []);
        WriteExit(record);
        File.Delete(Path.Combine(home.Places.Of(record.Id), LaunchFiles.Exit));

        var launch = home.Look(record);

        Assert.Equal((true, "/held"), (launch.IsHeld, launch.Record.Cwd));
        Assert.Contains("its lease was removed or replaced", launch.Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_that_a_hidden_launch_lives_in_does_not_expire()
    {
        var record = home.Lay();
        using var agent = home.Hold(record, offset: 1);
        var folder = home.Places.Of(record.Id);
        File.Delete(Path.Combine(folder, LaunchFiles.Launch));
        File.Delete(Path.Combine(folder, LaunchFiles.Lease));

        Assert.DoesNotContain(Expired(), one => one.Path == folder || one.Path == home.Places.LiveMarker(record.Id));
    }

    [Fact]
    public void Half_written_files_expire_after_an_hour()
    {
        var record = home.Lay();
        using var shim = home.Hold(record);
        var old = Path.Combine(home.Places.Of(record.Id), $".{Guid.NewGuid():n}.tmp");
        var young = Path.Combine(home.Path, $".{Guid.NewGuid():n}.tmp");
        var other = Path.Combine(home.Path, ".notes.tmp");
        foreach (var path in (string[])[old, young, other])
        {
            File.WriteAllText(path, "{");
            File.SetLastWriteTimeUtc(path, (home.Clock.GetUtcNow() - (path == young ? TimeSpan.FromMinutes(5) : TimeSpan.FromHours(2))).UtcDateTime);
        }

        Assert.Equal([old], Expired().Select(static one => one.Path));
    }

    [Fact]
    public void Path_in_a_record_is_no_cgroup_however_it_looks()
    {
        var id = LaunchId.New();
        var plain = Directory.CreateDirectory(Path.Combine(home.Path, $"agentctl-{id}")).FullName;
        File.WriteAllText(Path.Combine(plain, "cgroup.procs"), $"word\n{Environment.ProcessId}\n");
        Directory.CreateDirectory(Path.Combine(home.Path, "links"));
        var link = Path.Combine(home.Path, "links", $"agentctl-{id}");
        Directory.CreateSymbolicLink(link, Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup");

        foreach (var path in (string?[])[plain, link, "", "agentctl-" + id, $"/sys/fs/cgroup/../../{plain}", "/sys/fs/cgroup", plain + "\0", null])
        {
            Assert.Null(LaunchCgroup.TryOpen(path, id));
        }

        var record = home.Lay(one => one with { Id = id }, agent: StandingTests.Gone with { Cgroup = plain });
        Assert.False(home.Look(record).IsHeld);
    }

    public void Dispose()
    {
        foreach (var process in started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        home.Dispose();
    }

    private IReadOnlyList<ExpiredFile> Expired() =>
        new LaunchExpiry(home.Store, home.Locks, new DirectoryFuses(home.Places, home.Clock), home.Clock).Find(home.Undertaker.Attend(home.Store.All([]), ProcessTable.Take()));

    /// <summary>A process that carries the cookie of a launch.</summary>
    private Process Agent(string launchId)
    {
        var start = new ProcessStartInfo("/bin/sleep", "600") { UseShellExecute = false, WorkingDirectory = "/" };
        start.Environment[ShimProtocol.Cookie] = launchId;
        var process = Process.Start(start)!;
        started.Add(process);
        return process;
    }

    private void WriteAgent(LaunchRecord record, Process agent)
    {
        var entry = ProcessTable.Take().Find(agent.Id)!;
        LaunchFolder.Write(home.Places.Of(record.Id), LaunchFiles.Agent, new AgentRecord(1, 1, entry.Pid, entry.StartTicks, Home.Then, "subreaper"), LaunchJson.Default.AgentRecord);
    }

    private void WriteExit(LaunchRecord record) => LaunchFolder.Write(home.Places.Of(record.Id), LaunchFiles.Exit, Forged, LaunchJson.Default.ExitRecord);
}
