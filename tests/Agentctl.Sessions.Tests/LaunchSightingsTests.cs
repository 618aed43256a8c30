using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>What a launch adds to the row of its session.</summary>
public sealed class LaunchSightingsTests
{
    private static readonly DateTimeOffset Then = ServiceFixture.Then;

    [Theory]
    [InlineData(Holder.None, Owner.Unknown, Owner.Agentctl)]
    [InlineData(Holder.Gone, Owner.Unknown, Owner.Agentctl)]
    [InlineData(Holder.Process, Owner.Unknown, Owner.Unknown)]
    [InlineData(Holder.OtherNamespace, Owner.Unknown, Owner.Unknown)]
    [InlineData(Holder.Process, Owner.Terminal, Owner.Terminal)]
    public void Ended_launch_owns_its_session_unless_somebody_else_runs_it(Holder holder, Owner seen, Owner expected)
    {
        var native = ServiceFixture.Seen("claude-code", "s1", holder, Signal.Done) with { Owner = seen };
        Assert.Equal(expected, Sightings.Of(native, Ended).Owner);
    }

    [Fact]
    public void Ended_launch_without_a_record_of_its_agent_belongs_to_agentctl() =>
        Assert.Equal(Owner.Agentctl, Sightings.Of(native: null, Ended).Owner);

    [Fact]
    public void Last_activity_is_never_before_the_start()
    {
        var native = ServiceFixture.Seen("claude-code", "s1", Holder.Process, Signal.Busy) with { StartedAt = Then.AddSeconds(2), LastActivityAt = Then.AddSeconds(-3) };
        Assert.Equal(Then.AddSeconds(2), Sightings.Of(native, Ended with { Exit = null, Standing = LaunchStanding.Held }).LastActivityAt);
    }

    private static LaunchSightings Sightings
    {
        get
        {
            var places = new LaunchPlaces("/nonexistent");
            return new LaunchSightings(new AgentEnvironment("/home/dev", new Dictionary<string, string>()), places, new AcpStandings(new AcpStore(places), places), [], new FakeClock());
        }
    }

    private static Launch Ended { get; } = new()
    {
        Record = new LaunchRecord { Id = LaunchId.New(), Adapter = "claude-code", Cwd = "/repo", LaunchedAt = Then, BootId = "", Host = "", PidNamespace = 0 },
        Standing = LaunchStanding.Ended,
        Exit = new ExitRecord { How = ExitHows.Exited, ExitCode = 0, EndedAt = Then.AddSeconds(1) },
    };
}
