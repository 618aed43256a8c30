using System.Diagnostics;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Nothing runs when nothing changes; and what changes is seen at once.</summary>
[Trait("Build", "Published")]
public sealed class IdleCostTests : BothWays
{
    private const int Sessions = 5000;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    /// <summary>Two of them in the window are a thousandth of a processor. One look at all sessions a second would be ten times as much.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);


    /// <summary>The web server's own clock: one turn a second whatever we do, which costs a slow machine half of what is measured here.</summary>
    private const string ServerClock = "Kestrel Timer";

    private static readonly TimeSpan SettleDeadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task W45_daemon_with_5000_watched_sessions_uses_no_cpu_and_sees_an_append_within_a_second()
    {
        var claude = new ClaudeFiles(Sandbox);
        string id = "", file = "";
        for (var i = 0; i < Sessions; i++)
        {
            id = $"5b1c8f5e-0000-4000-8000-{i:000000000000}";
            file = claude.Transcript(id, $"prompt {i}", $"-work-{i % 100}");
        }

        var agentctl = Agentctl(withDaemon: true);

        // The first answers of a cold daemon may hold the newest alone, and say so.
        await Eventually.See(
            "all sessions", SettleDeadline, async () => (await agentctl.Quietly("list", "-a", "-q")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, static count => count == Sessions);
        var follower = agentctl.Start("peek", "-f", id);
        await follower.Printed($"answer to prompt {Sessions - 1}");

        var daemon = Assert.Single(Sandbox.Living(), p => p.Comm == "agentctld");
        await Settled(daemon);
        var before = daemon.ThreadTimes(but: ServerClock);
        var all = daemon.ThreadTimes();
        Assert.Equal(all.Count - 1, before.Count);
        await Task.Delay(Window, TestContext.Current.CancellationToken);
        var used = daemon.UsedSince(before, but: ServerClock);
        var usedWithClock = daemon.UsedSince(all);
        Assert.True(usedWithClock < Tick * 6, $"at rest the daemon used {usedWithClock.TotalMilliseconds:0.00} ms in {Window.TotalSeconds:0} s, its server's clock included");
        Assert.True(used < Tick * 2, $"at rest the daemon used {used.TotalMilliseconds:0.00} ms in {Window.TotalSeconds:0} s");

        var (clock, counted) = (Stopwatch.StartNew(), new MachineClock());
        claude.Append(file, id, "something new");
        await follower.Printed("something new");
        Sandbox.Tell($"at rest {used.TotalMilliseconds:0.00} ms in {Window.TotalSeconds:0} s ({usedWithClock.TotalMilliseconds:0.00} ms with the server's clock); the append seen after {clock.Elapsed.TotalMilliseconds:0} ms");
        Assert.True(counted.Elapsed < TimeSpan.FromSeconds(4), $"the append was seen after {clock.Elapsed.TotalMilliseconds:0} ms");
    }

    /// <summary>Until the start is over: no tick in two seconds.</summary>
    private static Task<TimeSpan> Settled(ProcessStat process) => Eventually.See(
        "the daemon at rest", SettleDeadline, async () =>
        {
            var before = process.ThreadTimes(but: ServerClock);
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            return process.UsedSince(before, but: ServerClock);
        }, used => used < Tick / 10);
}
