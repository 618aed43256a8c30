using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>
/// kill -9 of every part at every moment. Afterwards, without a daemon and then with one: what is told is true, what lives is held,
/// what is dead holds nothing, and nothing survives that should not.
/// </summary>
public sealed class KillTests : World
{
    public static TheoryData<Victim, Moment> Cells
    {
        get
        {
            var cells = new TheoryData<Victim, Moment>();
            foreach (var victim in Enum.GetValues<Victim>())
            {
                foreach (var moment in Enum.GetValues<Moment>())
                {
                    cells.Add(victim, moment);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Kill_9_leaves_nothing_wrong_behind(Victim victim, Moment moment)
    {
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "max_concurrent": 1 }""");
        if (victim == Victim.Daemon)
        {
            await Served.Run("daemon", "start");
        }

        var command = await Reach(moment);
        var killed = await KillVictim(victim, moment, command);
        if (moment == Moment.BeforeStart)
        {
            LetShimGo();
        }

        var expected = Expected(victim, moment);
        var told = await Check(Alone, expected);
        Assert.Equal(told?.State, (await Check(Served, expected))?.State);
        if (expected.Lives)
        {
            await EndIt(moment);
        }

        await Eventually.See("nothing to be left", Deadline, LivingAgents, living => living.Count == 0);
        ChaosTable.Note(victim, moment, (killed ? "" : "(none) ") + (told?.State ?? "not launched"));
    }

    /// <param name="States">What may be told.</param>
    private sealed record Expectation(bool Lives, params string[] States);

    private static Expectation Expected(Victim victim, Moment moment) => (victim, moment) switch
    {
        // A shim that is killed before its agent runs: the launch failed, and the command says so.
        (Victim.Shim, Moment.BeforeStart) => new(false, "error (failed)"),
        (_, Moment.BeforeStart) => new(true, "running"),
        (_, Moment.AfterExit) => new(false, "stopped (done)"),

        (Victim.Agent, Moment.Starting or Moment.Running) => new(false, "error (signal-9)"),

        // Somebody had asked for the end: who brought it about does not matter.
        (_, Moment.Stopping) => new(false, "stopped (asked)"),
        (_, Moment.Starting) => new(true, "running", "starting"),
        _ => new(true, "running"),
    };

    /// <summary>Brings a launch to that moment.</summary>
    private async Task<RealProcess?> Reach(Moment moment)
    {
        switch (moment)
        {
            case Moment.BeforeStart:
                HoldShims();
                var held = Launch("work");
                await Named(Path.Combine(Sandbox.Home, "shim.pid"));
                return held;
            case Moment.Starting:
                var starting = Launch("secret");
                await ChildIn(Project);
                return starting;
            case Moment.Running:
                var waiting = Launch("work", "--wait");
                await Told(Project);
                return waiting;
            case Moment.Stopping:
                Assert.Equal(0, (await Launched("stubborn")).ExitCode);
                await ChildIn(Project);
                var id = (await One(Alone))!.Id;
                var stopping = Alone.Start("stop", id, "--timeout", "3");
                await Eventually.True("a stop request", Deadline, () =>
                    Directory.EnumerateFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stop.json", SearchOption.AllDirectories).Any());
                return stopping;
            default:
                Assert.Equal(0, (await Launched("quick", "--wait")).ExitCode);
                return null;
        }
    }

    /// <returns>False when there is no such process at that moment.</returns>
    private async Task<bool> KillVictim(Victim victim, Moment moment, RealProcess? command)
    {
        ProcessStat? process = victim switch
        {
            Victim.Daemon => Daemon(),
            Victim.Command => command?.Identity,
            _ when moment == Moment.AfterExit => null,
            Victim.Shim when moment == Moment.BeforeStart => await Named(Path.Combine(Sandbox.Home, "shim.pid")),
            _ when moment == Moment.BeforeStart => null,
            Victim.Agent => await AgentIn(Project),
            Victim.Child => await ChildIn(Project),
            _ => ShimOf(await AgentIn(Project)),
        };
        if (process is null)
        {
            return false;
        }

        await Kill(process);
        Sandbox.Tell($"$ kill -9 {process.Pid}   ({victim} {moment}: {process.Comm})");
        return true;
    }

    private async Task<Told?> Check(AgentctlCli agentctl, Expectation expected)
    {
        var told = await Eventually.See(string.Join(" or ", expected.States), Deadline, () => One(agentctl), row => expected.States.Contains(row?.State));
        Assert.Equal(expected.Lives, told?.Alive ?? false);
        Assert.Equal(expected.Lives ? [Project] : [], await Locks(agentctl));
        if (told is not null)
        {
            await agentctl.Run("explain", told.Id);
        }

        // Who else wants the directory, or the only slot, is admitted if and only if nobody is alive in it.
        var elsewhere = Sandbox.Folder("elsewhere");
        foreach (var directory in (string[])[Project, elsewhere])
        {
            var other = await agentctl.Run("launch", "probe", "-p", "quick", "--cwd", directory, "--name", "intruder");
            Assert.True(other.ExitCode == (expected.Lives ? 5 : 0), $"a launch in {directory} ended with {other.ExitCode}: {other.Error}");
            if (!expected.Lives)
            {
                await Forget("intruder");
            }
        }

        return told;
    }

    /// <summary>The test's own second launches are no part of what is told; their end is waited for and their record removed.</summary>
    private async Task Forget(string name)
    {
        var waited = await Alone.Quietly("list", "-a", "--json");
        using var rows = System.Text.Json.JsonDocument.Parse(waited.Output);
        foreach (var row in rows.RootElement.EnumerateArray().Where(row => row.GetProperty("meta").TryGetProperty("name", out var given) && given.GetString() == name))
        {
            await Alone.Quietly("wait", row.GetProperty("id").GetString()!, "--timeout", "20");
            Directory.Delete(Path.Combine(Sandbox.AgentctlHome, "launches", row.GetProperty("meta").GetProperty("launch").GetString()!), recursive: true);
        }
    }

    private async Task EndIt(Moment moment)
    {
        var told = (await One(Served))!;
        var stopped = await Served.Run("stop", told.Id, "--timeout", "2");
        Assert.True(stopped.ExitCode == 0, $"stop after {moment}: {stopped.Output}{stopped.Error}");
        var after = (await One(Served))!;
        Assert.Equal(("stopped", "asked", false), (after.Status, after.Reason, after.Alive));
        Assert.Empty(await Locks(Served));
    }
}
