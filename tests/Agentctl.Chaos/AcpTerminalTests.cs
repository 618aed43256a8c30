using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Commands that an agent runs through its client, and what they do to the shim above them.</summary>
public sealed class AcpTerminalTests : AcpWorld
{
    [Theory]
    [InlineData("STOP")]
    [InlineData("KILL")]
    public async Task Terminal_that_stops_or_kills_its_shim_ends_with_its_session(string signal)
    {
        var id = await NewSession(Served, "--approve-all");
        // What the command leaves behind may be ended before anybody sees it, so it leaves a mark.
        var mark = Path.Combine(Project, "ran");
        var prompt = Start(Served, "prompt", $"terminal touch {mark} && kill -{signal} $PPID && sleep 1000");
        await Eventually.True("the command to run", Deadline, () => File.Exists(mark));
        var closed = await Served.Run("sessions", "close", id);
        Assert.True(closed.ExitCode == 0, closed.Error);
        await prompt.Exit();
        await NothingLeft();
        Assert.True((await Session(Served, id)).Closed);
    }

    /// <summary>The agent can write to the folder of its terminals.</summary>
    [Fact]
    public async Task Foreign_folder_among_the_terminals_keeps_no_session_from_its_end()
    {
        var id = await NewSession(Served, "--approve-all");
        await In(Served, "prompt", "terminal true");
        Directory.CreateDirectory(Path.Combine(Directory.GetDirectories(Path.Combine(Sandbox.AgentctlHome, "launches")).Single(), "terminals", "foreign"));
        Assert.Equal(0, (await Served.Run("sessions", "close", id)).ExitCode);
        await NothingLeft();
    }
}
