using Agentctl.Core;
using Agentctl.Launches;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class SessionClaimsTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Id_that_two_living_launches_report_belongs_to_the_first()
    {
        var first = Living("000000000001", Then, told: "s-1");
        var second = Living("000000000002", Then.AddSeconds(1), told: "s-1");
        Assert.Equal(["s-1", "@000000000002"], Names([first, second]));
        Assert.Equal(["@000000000002", "s-1"], Names([second, first]));
        Assert.Equal(["@000000000002"], SessionClaims.Settle([second], [first, second]).Select(static launch => launch.SessionName));
        Assert.Contains("reports the session id of launch 000000000001", SessionClaims.Settle([second], [first, second])[0].Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void Id_that_was_known_before_the_start_is_no_claim_of_an_earlier_launch()
    {
        var thief = Living("000000000001", Then, told: "s-1");
        var owner = Living("000000000002", Then.AddSeconds(1), told: null, pinned: "s-1");
        Assert.Equal(["@000000000001", "s-1"], Names([thief, owner]));
    }

    [Fact]
    public void Launches_of_other_agents_and_launches_that_have_ended_take_nothing_away()
    {
        var ended = Living("000000000001", Then, told: "s-1") with { Standing = LaunchStanding.Ended, Exit = new ExitRecord { How = ExitHows.Exited, EndedAt = Then } };
        var other = Living("000000000003", Then, told: "s-1") with { Record = Record("000000000003", Then, null) with { Adapter = "pi" } };
        var launch = Living("000000000002", Then.AddSeconds(1), told: "s-1");
        Assert.Equal(["s-1", "s-1", "s-1"], Names([ended, other, launch]));
        Assert.False(SessionClaims.Any([ended]));
    }

    private static IEnumerable<string> Names(IReadOnlyList<Launch> launches) => SessionClaims.Settle(launches, launches).Select(static launch => launch.SessionName);

    private static Launch Living(string id, DateTimeOffset at, string? told, string? pinned = null) => new()
    {
        Record = Record(id, at, pinned),
        Told = told is null ? null : new ToldRecord(told),
        Standing = LaunchStanding.Held,
    };

    private static LaunchRecord Record(string id, DateTimeOffset at, string? pinned) =>
        new() { Id = id, Adapter = "codex", LaunchedAt = at, BootId = "b", Host = "h", PidNamespace = 1, SessionId = pinned };
}
