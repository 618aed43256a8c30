using System.Globalization;
using System.Numerics;
using System.Text;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>A turn that a dead daemon left, and whose agent is lost while the next daemon takes it over.</summary>
public sealed class AcpAdoptionTests : AcpWorld
{
    /// <summary>Long enough for the agent to be found unreadable before the turn is taken up again.</summary>
    private const int Waiting = 20_000;

    [Fact]
    public async Task Cancel_returns_when_the_adopted_agent_cannot_be_reached()
    {
        await NewSession(Served);
        var prompt = Start(Served, "prompt", "hang");
        await Reached("prompt hang");
        var id = (await List(Served)).Single().Id;
        var shim = Shim();
        await Signals.Send("STOP", shim);
        await Eventually.True("the shim to be stopped", Deadline, () => ProcessStat.Read(shim.Pid) is { State: 'T' });
        await KillDaemon();
        await StartedDaemon();

        // The new daemon waits for the shim's answer meanwhile.
        var cancelled = await Served.Run("cancel", id);
        Assert.True(cancelled.ExitCode == 0, cancelled.Error);
        Assert.NotEqual(0, (await prompt.Exit()).ExitCode);
        await NothingLeft();
    }

    [Fact]
    public async Task Cancel_in_the_pause_before_a_retry_ends_the_turn()
    {
        await NewSession(Served);
        var prompt = Start(Served, "prompt", "--prompt-retries", "5", "error overloaded");

        // The pause after the third failure is four seconds long.
        await Eventually.True("three attempts", Deadline, () => Logged().Count(static line => line == "prompt error overloaded") == 3);
        var cancelled = await Served.Run("cancel", (await List(Served)).Single().Id);
        Assert.Equal(0, cancelled.ExitCode);
        var ended = await prompt.Exit();
        Assert.Equal(130, ended.ExitCode);
        Assert.True(Logged().Count(static line => line == "prompt error overloaded") <= 4);
        Assert.Equal("on\n", (await In(Served, "prompt", "--format", "quiet", "echo on")).Output);
    }

    /// <summary>Nobody knows how far the agent came with it: a second agent would do it a second time.</summary>
    [Fact]
    public async Task Prompt_whose_adopted_agent_is_lost_at_once_is_not_given_to_another()
    {
        var id = await NewSession(Served);
        var accepted = await In(Served, "prompt", "--no-wait", $"until {Sign("go")}; long-line 17000000");
        await Reached("prompt until");
        await KillDaemon();
        Give("go");
        var output = Directory.GetFiles(Path.Combine(Sandbox.AgentctlHome, "launches"), "stdout.log", SearchOption.AllDirectories).Single();
        await Eventually.True("the line without an end", Deadline, () => new FileInfo(output).Length > 17_000_000);

        // What waits in a closed session is refused one by one, before anything else is done.
        var record = Path.Combine(Sandbox.AgentctlHome, "acp", id, "session.json");
        File.WriteAllText(record, File.ReadAllText(record).TrimEnd().TrimEnd('}') + ",\"closed\":true}");
        var journal = new StringBuilder();
        for (var i = 0; i < Waiting; i++)
        {
            var entry = $$"""{"kind":"prompt","at":"2026-11-30T00:00:00Z","request":"{{id}}.{{i.ToString("d12", CultureInfo.InvariantCulture)}}"}""";
            journal.Append(CultureInfo.InvariantCulture, $"{Sum(entry):x8} {entry}\n");
        }

        File.AppendAllText(Path.Combine(Sandbox.AgentctlHome, "acp", id, "journal"), journal.ToString());
        await StartedDaemon();
        var result = await Eventually.See("the end of the prompt", Deadline, () => Served.Quietly("sessions", "result", accepted.Output.Trim()), static one => one.ExitCode != 0);
        Assert.Contains("cannot be read", result.Error, StringComparison.Ordinal);
        await NothingLeft();
        Assert.Single(Logged(), static line => line.StartsWith("prompt until", StringComparison.Ordinal));
    }

    private static uint Sum(string text) => ~Encoding.UTF8.GetBytes(text).Aggregate(uint.MaxValue, BitOperations.Crc32C);
}
