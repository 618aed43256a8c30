using System.Net.Sockets;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Launches.Tests;

public sealed class LaunchKeeperTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>An exception that no catch list named ended the keeper for the life of the daemon.</summary>
    [Fact]
    public async Task Loop_survives_a_prune_that_throws_what_nobody_expects()
    {
        using var home = new Home();
        Directory.CreateDirectory(home.Places.Live);
        var loops = new BackgroundLoops(TimeProvider.System);
        var prunes = 0;
        await using var keeper = Keeper(home, loops, _ => Interlocked.Increment(ref prunes) == 1 ? throw new InvalidOperationException("a defect") : Task.CompletedTask);

        await keeper.Start(TestContext.Current.CancellationToken);

        await Eventually.True("the failure counted", Deadline, () => loops.Reports() is [{ Name: "launches", Failures: 1, LastFailure: "could not remove what has expired: a defect" }]);
        home.Clock.Advance(TimeSpan.FromHours(2));
        await Eventually.True("the next prune", Deadline, () =>
        {
            // A record that appears wakes the loop.
            home.Lay();
            return Volatile.Read(ref prunes) >= 2;
        });
    }

    /// <summary>One launch of another host failed every round: nothing was attached, started from the queue or recorded as lost.</summary>
    [Fact]
    public async Task Shim_that_cannot_be_watched_from_here_does_not_fail_the_round()
    {
        using var home = new Home();
        var elsewhere = home.Lay(record => record with { Host = "elsewhere" }, agent: StandingTests.Gone);
        using var lease = home.Hold(elsewhere);
        var lost = home.Lay(agent: StandingTests.Gone);
        var problems = new List<string>();
        await using var keeper = Keeper(home, new BackgroundLoops(TimeProvider.System), static _ => Task.CompletedTask, problems.Add);

        var recovery = await keeper.Start(TestContext.Current.CancellationToken);

        Assert.Empty(problems);
        Assert.Equal(1, recovery.Alive);
        Assert.Equal(ExitHows.Lost, home.Store.Find(lost.Id)!.Exit!.How);
    }

    /// <summary>A shim that is slower than the deadline is counted for the log; its launch lives by its lease, then and later.</summary>
    [Fact]
    public async Task Launch_whose_shim_does_not_answer_in_time_is_never_taken_for_an_ended_one()
    {
        using var home = new Home();
        var slow = home.Lay();
        using var lease = home.Hold(slow);
        using var shim = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var address = new UnixDomainSocketEndPoint(Path.Combine(home.Places.Of(slow.Id), LaunchFiles.Socket));
        shim.Bind(address);
        shim.Listen(0);

        // Nobody accepts: with the queue full, a further connection waits.
        using var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        first.Connect(address);
        var problems = new List<string>();
        await using var keeper = Keeper(home, new BackgroundLoops(TimeProvider.System), static _ => Task.CompletedTask, problems.Add);

        var starting = keeper.Start(TestContext.Current.CancellationToken);
        await Eventually.True("the deadline", Deadline, () => home.Clock.HasTimerWithin(TimeSpan.FromSeconds(1)));
        Assert.False(starting.IsCompleted);
        home.Clock.Advance(TimeSpan.FromSeconds(1));
        var recovery = await starting;

        Assert.Equal((1, 1), (recovery.Alive, recovery.Silent));
        Assert.Empty(problems);
        home.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((LaunchStanding.Held, true, null), (home.Look(slow).Standing, home.Look(slow).IsHeld, home.Look(slow).Exit));
    }

    private static LaunchKeeper Keeper(Home home, BackgroundLoops loops, Func<CancellationToken, Task> prune, Action<string>? log = null)
    {
        var settings = new LaunchSettings(null, LaunchLimits.None, DirectoryRule.Exact, 1 << 20);
        return new LaunchKeeper(
            home.Store, home.Undertaker, new LaunchStop(home.Store, home.Undertaker, home.Locks, home.Clock), new LaunchHooks(home.Places, null, new Dictionary<string, string>()),
            new QueuedLaunches(home.Store, home.Undertaker, home.Locks, settings), prune, loops, log ?? (static _ => { }), home.Clock);
    }
}
