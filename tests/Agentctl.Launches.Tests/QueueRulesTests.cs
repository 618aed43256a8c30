using Agentctl.Core;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class QueueRulesTests
{
    private static readonly IReadOnlyDictionary<string, int> None = new Dictionary<string, int>();

    [Fact]
    public void Slot_goes_to_who_came_first_and_nobody_of_that_scope_passes()
    {
        var rules = Rules(new LaunchLimits(1, None, None));
        var standings = Decide([Queued("a", "/1"), Queued("b", "/2")], [Held("c", "/3")], rules);
        Assert.Equal(Reasons.NoSlot, Reason(standings[0]));
        Assert.Equal(Reasons.Turn, Reason(standings[1]));

        Assert.Equal(["go", Reasons.NoSlot], Decide([Queued("a", "/1"), Queued("b", "/2")], [], rules).Select(Reason));
    }

    [Fact]
    public void Who_waits_for_one_scope_does_not_hold_up_another()
    {
        var rules = Rules(new LaunchLimits(0, new Dictionary<string, int> { ["codex"] = 1 }, None));
        var standings = Decide([Queued("codex", "/1"), Queued("codex", "/2"), Queued("pi", "/3")], [Held("codex", "/4")], rules);
        Assert.Equal([Reasons.NoSlot, Reasons.Turn, "go"], standings.Select(Reason));
    }

    [Fact]
    public void Directory_goes_to_who_asked_first_whatever_that_one_waits_for()
    {
        var rules = Rules(new LaunchLimits(0, new Dictionary<string, int> { ["codex"] = 1 }, None));
        Assert.Equal([Reasons.NoSlot, Reasons.Turn], Decide([Queued("codex", "/1"), Queued("pi", "/1")], [Held("codex", "/4")], rules).Select(Reason));
        Assert.Equal([Reasons.Directory, Reasons.Turn, "go"], Decide([Queued("a", "/1"), Queued("b", "/1"), Queued("c", "/2")], [Held("d", "/1")], Rules(LaunchLimits.None)).Select(Reason));
    }

    [Fact]
    public void Forced_one_does_not_mind_the_directory() =>
        Assert.Equal(["go"], Decide([Queued("a", "/1", force: true)], [Held("d", "/1")], Rules(LaunchLimits.None)).Select(Reason));

    [Fact]
    public void Lock_of_a_person_is_waited_for()
    {
        var locked = new AdmissionRules(LaunchLimits.None, DirectoryRule.Exact, [new DirectoryLockRecord("/1", "ann", Home.Then, "boot")]);
        Assert.Equal("ann holds /1", Assert.IsType<QueueStanding.Waits>(Assert.Single(Decide([Queued("a", "/1")], [], locked))).Fact);
    }

    [Fact]
    public void Brake_holds_its_adapter_and_nobody_else_until_one_is_released()
    {
        var braked = Queued("bad", "/1");
        var standings = QueueRules.Decide(
            [braked, Queued("good", "/1"), Queued("bad", "/2", released: true)], [], Rules(LaunchLimits.None), adapter => adapter == "bad" ? "it failed" : null);
        Assert.Equal([Reasons.Brake, "go", "go"], standings.Select(Reason));
        Assert.EndsWith($": agentctl queue release @{braked.Id}", Assert.IsType<QueueStanding.Waits>(standings[0]).Fact, StringComparison.Ordinal);
    }

    [Fact]
    public void Three_failures_at_once_in_a_row_brake_and_a_better_one_in_between_does_not()
    {
        var bad = new[] { Ended("probe", 0, 1, 3), Ended("probe", 10, 0.5, 3), Ended("probe", 20, 1.9, 1) };
        Assert.NotNull(QueueBrake.On("probe", bad));
        Assert.Null(QueueBrake.On("other", bad));
        Assert.Null(QueueBrake.On("probe", bad.Take(2)));
        Assert.Null(QueueBrake.On("probe", [.. bad, Ended("probe", 30, 5, 3)]));
        Assert.Null(QueueBrake.On("probe", [.. bad, Ended("probe", 30, 1, 0)]));
        Assert.NotNull(QueueBrake.On("probe", [.. bad, Ended("probe", -5, 60, 0)]));
        Assert.Null(QueueBrake.On("probe", bad.Select(launch => launch with { Record = launch.Record with { WasQueued = false } })));
        Assert.Null(QueueBrake.On("probe", bad.Select(launch => launch with { Exit = launch.Exit! with { Stop = new StopRecord(StopRecord.User, Home.Then) } })));
    }

    /// <summary>Whatever the queue, the limits and the holders: no slot too many, no directory twice, nobody passed in a scope he waits for.</summary>
    [Fact]
    public void Nothing_is_given_twice_and_nobody_is_passed() => Prop.ForAll(
        Gen.Choose(0, 3).SelectMany(limit => Gen.Choose(0, 2).SelectMany(ofA => Gen.ListOf(Gen.Choose(0, 11)).Select(who => (limit, ofA, who: who.ToList())))).ToArbitrary(),
        world =>
        {
            Launch Of(int number, bool queued) => queued ? Queued(number % 2 == 0 ? "a" : "b", $"/{number / 2}") : Held(number % 2 == 0 ? "a" : "b", $"/{number / 2}");
            var limits = new LaunchLimits(world.limit, world.ofA > 0 ? new Dictionary<string, int> { ["a"] = world.ofA } : None, None);
            var holders = world.who.Take(1).Select(number => Of(number, queued: false)).ToList();
            var queued = world.who.Skip(1).Select(number => Of(number, queued: true)).ToList();
            var standings = Decide(queued, holders, Rules(limits));

            var going = queued.Where((_, i) => standings[i] is QueueStanding.Go).ToList();
            var holding = holders.Concat(going).ToList();
            var fits = (world.limit == 0 || holding.Count <= Math.Max(world.limit, holders.Count))
                && (world.ofA == 0 || holding.Count(one => one.Record.Adapter == "a") <= Math.Max(world.ofA, holders.Count(one => one.Record.Adapter == "a")));
            var alone = holding.Select(one => one.Record.Cwd).Distinct().Count() == holding.Count;
            var served = queued.Select((one, i) => (one, i)).All(pair => standings[pair.i] is not QueueStanding.Go
                || queued.Take(pair.i).Where((_, j) => standings[j] is QueueStanding.Waits).All(before => before.Record.Cwd != pair.one.Record.Cwd));
            return fits && alone && served;
        }).QuickCheckThrowOnFailure();

    private static IReadOnlyList<QueueStanding> Decide(IReadOnlyList<Launch> queued, IReadOnlyList<Launch> holders, AdmissionRules rules) =>
        QueueRules.Decide(queued, holders, rules, static _ => null);

    private static AdmissionRules Rules(LaunchLimits limits) => new(limits, DirectoryRule.Exact, []);

    private static string Reason(QueueStanding standing) => standing is QueueStanding.Waits waits ? waits.Reason : "go";

    private static Launch Queued(string adapter, string cwd, bool force = false, bool released = false) =>
        Held(adapter, cwd) with { Queued = new QueuedRecord(1, Home.Then, force, released) };

    private static Launch Held(string adapter, string cwd) => new()
    {
        Record = new LaunchRecord { Id = LaunchId.New(), Adapter = adapter, Cwd = cwd, LaunchedAt = Home.Then, BootId = "", Host = "", PidNamespace = 0, WasQueued = true },
        Standing = LaunchStanding.Held,
    };

    private static Launch Ended(string adapter, double at, double seconds, int code) => Held(adapter, "/1") with
    {
        Standing = LaunchStanding.Ended,
        Exit = new ExitRecord { How = ExitHows.Exited, ExitCode = code, StartedAt = Home.Then.AddSeconds(at), EndedAt = Home.Then.AddSeconds(at + seconds) },
    };
}
