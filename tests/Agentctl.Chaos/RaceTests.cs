using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Many commands at once: who is admitted is decided by the kernel, not by luck (W-28).</summary>
public sealed class RaceTests : World
{
    private const int Racers = 200;

    /// <summary><c>./test --soak</c>: more rounds of the same.</summary>
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("AGENTCTL_SOAK") == "full";

    [Fact]
    public async Task W28_200_launches_racing_for_one_directory_have_one_winner_each_round()
    {
        for (var round = 1; round <= (IsFull ? 20 : 6); round++)
        {
            var codes = await Race(_ => Project);
            Assert.Equal((1, Racers - 1), (codes.Count(code => code == 0), codes.Count(code => code == 5)));
            var running = Assert.Single(await List(Alone), row => row.Alive);
            LetEnd();
            Assert.Equal(0, (await Alone.Quietly("wait", running.Id, "--timeout", "20")).ExitCode);
            File.Delete(Path.Combine(Project, "end"));
        }
    }

    [Fact]
    public async Task W28_200_launches_racing_for_8_slots_fill_8_never_9_and_never_7()
    {
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "max_concurrent": 8 }""");
        for (var round = 1; round <= (IsFull ? 3 : 1); round++)
        {
            var codes = await Race(i => Sandbox.Folder($"project-{i}"));
            Assert.Equal((8, Racers - 8), (codes.Count(code => code == 0), codes.Count(code => code == 5)));
            Assert.Equal(8, (await Locks(Alone)).Count);

            // One goes, one may come: never seven while somebody wants in.
            var one = (await List(Alone)).First(row => row.Alive);
            Assert.Equal(0, (await Alone.Quietly("stop", one.Id)).ExitCode);
            var again = await Race(_ => Project);
            Assert.Equal((1, Racers - 1), (again.Count(code => code == 0), again.Count(code => code == 5)));
            Assert.Equal(0, (await Alone.Quietly("stop", "--all", "--force")).ExitCode);
            Assert.Empty(await Locks(Alone));
        }
    }

    [Fact]
    public async Task Refusal_for_want_of_a_slot_names_the_limit_and_the_holders()
    {
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "max_concurrent_by_adapter": { "probe": 1 } }""");
        await Launched("work");
        var refused = await LaunchIn(Sandbox.Folder("elsewhere"), "work").Exit();
        Assert.Equal(5, refused.ExitCode);
        Assert.StartsWith("max concurrent sessions reached (1/1) for adapter:probe, held by probe/probe-", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Alone.Quietly("stop", "--all")).ExitCode);
    }

    [Fact]
    public async Task Resumes_racing_for_one_session_have_one_winner_although_each_is_forced()
    {
        await Launched("work");
        LetEnd();
        var id = (await Eventually.See("its end", Deadline, () => One(Alone), row => row?.Alive == false))!.Id;
        File.Delete(Path.Combine(Project, "end"));
        for (var round = 1; round <= 5; round++)
        {
            var resumes = Enumerable.Range(0, 20).Select(_ => Alone.Start("resume", id, "work", "--force")).ToList();
            var codes = new List<int>();
            foreach (var resume in resumes)
            {
                codes.Add((await resume.Exit()).ExitCode);
            }

            Assert.Equal((1, 19), (codes.Count(code => code == 0), codes.Count(code => code == 5)));
            Assert.Equal(0, (await Alone.Quietly("stop", id)).ExitCode);
            Assert.Empty(LivingAgents());
        }
    }

    [Fact]
    public async Task Two_daemons_in_two_homes_never_see_each_other()
    {
        var other = new Dictionary<string, string>(Served.Variables) { ["AGENTCTL_HOME"] = Sandbox.Folder("other-home") };
        File.Copy(Path.Combine(Sandbox.AgentctlHome, "config.json"), Path.Combine(Sandbox.Root, "other-home", "config.json"));
        Assert.Equal(0, (await Served.Run("launch", "probe", "-p", "work", "--cwd", Project)).ExitCode);

        // The same directory, held in the one home, is free in the other: locks belong to a home, and homes do not know each other.
        var second = await Sandbox.Run([AgentctlCli.Program, "launch", "probe", "-p", "work", "--cwd", Project], other);
        Assert.Equal(0, second.ExitCode);
        var here = await List(Served);
        using var there = JsonDocument.Parse((await Sandbox.Run([AgentctlCli.Program, "list", "--json"], other)).Output);
        Assert.NotEqual(Assert.Single(here).Id, Assert.Single(there.RootElement.EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(2, Sandbox.Living().Count(process => process.Comm == "agentctld"));
        Assert.Equal(0, (await Served.Run("stop", "--all", "--force")).ExitCode);
        Assert.Equal(0, (await Sandbox.Run([AgentctlCli.Program, "stop", "--all", "--force"], other)).ExitCode);
    }

    /// <summary>Starts all of them as one shell would, and gives their exit codes.</summary>
    private async Task<IReadOnlyList<int>> Race(Func<int, string> directory)
    {
        var directories = Path.Combine(Sandbox.Home, "directories");
        await File.WriteAllLinesAsync(directories, Enumerable.Range(0, Racers).Select(directory));
        const string Script = """
            while read -r directory; do
              { "$1" launch probe -p work --cwd "$directory" >/dev/null 2>&1; echo $?; } &
            done < "$2"
            wait
            """;
        var raced = await Sandbox.Start(["bash", "-c", Script, "bash", AgentctlCli.Program, directories], Alone.Variables).Exit(TimeSpan.FromSeconds(120));
        return [.. raced.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }
}
