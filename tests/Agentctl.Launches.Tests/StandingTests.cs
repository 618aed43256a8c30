using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class StandingTests : IDisposable
{
    private readonly Home home = new();

    private static readonly ExitRecord Ended = new() { How = ExitHows.Exited, ExitCode = 0, EndedAt = Home.Then };

    /// <summary>An agent that is gone: no process has this start time.</summary>
    internal static AgentRecord Gone => new(1, 1, 1, 1, Home.Then, "subreaper");

    /// <summary>An agent that lives: this very process.</summary>
    private static AgentRecord Alive
    {
        get
        {
            var self = ProcessTable.Take().Find(Environment.ProcessId)!;
            return new AgentRecord(1, 1, self.Pid, self.StartTicks, Home.Then, "subreaper");
        }
    }

    [Theory]
    [InlineData(false, false, false, LaunchStanding.Unattended)]
    [InlineData(false, true, false, LaunchStanding.ShimLost)]
    [InlineData(true, false, false, LaunchStanding.Held)]
    [InlineData(true, true, false, LaunchStanding.Held)]
    [InlineData(false, false, true, LaunchStanding.Ended)]
    [InlineData(false, true, true, LaunchStanding.Ended)]
    [InlineData(true, false, true, LaunchStanding.Ending)]
    [InlineData(true, true, true, LaunchStanding.Ending)]
    public void Byte_0_byte_1_and_the_exit_record_decide(bool shimHolds, bool agentHolds, bool hasExit, LaunchStanding expected)
    {
        var record = home.Lay(agent: Gone, exit: hasExit ? Ended : null);
        using var shim = shimHolds ? home.Hold(record) : null;
        using var agent = agentHolds ? home.Hold(record, offset: 1) : null;

        var launch = home.Store.Find(record.Id)!;

        Assert.Equal(expected, launch.Standing);
        Assert.Equal(!hasExit, launch.IsHeld);
    }

    [Fact]
    public void Agent_that_lives_without_its_shim_holds_what_it_held()
    {
        var launch = home.Look(home.Lay(agent: Alive));

        Assert.True(launch.IsHeld);
        Assert.Contains("its agent, pid", launch.Remains!.Fact, StringComparison.Ordinal);
        Assert.Null(launch.Exit);
    }

    [Fact]
    public void Agent_that_is_gone_with_its_shim_is_lost_and_that_is_written_once()
    {
        var record = home.Lay(agent: Gone);

        var first = home.Look(record);
        var second = home.Look(record);

        Assert.Equal((ExitHows.Lost, true, false), (first.Exit!.How, first.Exit.ByUndertaker, first.IsHeld));
        Assert.Equal((first.Exit.How, first.Exit.EndedAt, first.Exit.Problem), (second.Exit!.How, second.Exit.EndedAt, second.Exit.Problem));
        Assert.False(File.Exists(home.Places.LiveMarker(record.Id)));
    }

    [Fact]
    public void Launch_whose_agent_never_began_has_failed_to_start() =>
        Assert.Equal(ExitHows.FailedToStart, home.Look(home.Lay()).Exit!.How);

    [Fact]
    public void W16_launch_of_another_boot_ended_by_the_reboot_whatever_has_its_pid_now() =>
        Assert.Equal(ExitHows.Reboot, home.Look(home.Lay(record => record with { BootId = "another" }, agent: Alive)).Exit!.How);

    [Fact]
    public void Launch_of_another_host_or_namespace_is_not_told_and_not_given_away()
    {
        var host = home.Look(home.Lay(record => record with { Host = "elsewhere" }, agent: Gone));
        var space = home.Look(home.Lay(record => record with { PidNamespace = 1 }, agent: Gone));

        Assert.All([host, space], launch => Assert.Equal((true, true, null), (launch.IsHeld, launch.Remains!.CannotTell, launch.Exit)));
    }

    [Fact]
    public void Request_to_stop_that_was_written_before_the_shim_died_is_part_of_the_end() =>
        Assert.Equal(StopRecord.User, home.Look(home.Lay(agent: Gone, stop: new StopRecord(StopRecord.User, Home.Then))).Exit!.Stop!.By);

    [Fact]
    public void What_lives_is_found_by_its_marker_and_what_ended_without_one()
    {
        var living = home.Lay(agent: Alive);
        using var shim = home.Hold(living);
        var ended = home.Lay(exit: Ended);
        File.Delete(home.Places.LiveMarker(ended.Id));

        Assert.Equal([living.Id], home.Store.Live([]).Select(launch => launch.Id));
        Assert.Equal(new[] { living.Id, ended.Id }.Order(), home.Store.All([]).Select(launch => launch.Id).Order());
    }

    [Fact]
    public void Unchanged_launch_is_the_same_instance_again()
    {
        var record = home.Lay(agent: Alive);
        using var shim = home.Hold(record);
        Assert.Same(home.Store.Find(record.Id), home.Store.Find(record.Id));
    }

    public void Dispose() => home.Dispose();
}
