using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Chaos;

/// <summary>Who holds a directory, and until when.</summary>
public sealed class HoldingTests : World
{
    [Fact]
    public async Task Manual_lock_keeps_agents_out_until_unlock()
    {
        Assert.Equal(0, (await Alone.Run("lock", Project, "--by", "ann", "--reason", "by hand")).ExitCode);
        var again = await Alone.Run("lock", Project);
        Assert.Equal(5, again.ExitCode);
        Assert.StartsWith("Already manually locked by ann", again.Error, StringComparison.Ordinal);
        var refused = await Launched("work");
        Assert.Equal(5, refused.ExitCode);
        Assert.StartsWith("Directory locked by ann", refused.Error, StringComparison.Ordinal);
        Assert.Contains("by hand", (await Alone.Run("locks")).Output);

        Assert.Equal(0, (await Alone.Run("unlock", Project)).ExitCode);
        Assert.Equal(4, (await Alone.Run("unlock", Project)).ExitCode);
        Assert.Equal(0, (await Launched("quick")).ExitCode);
    }

    [Fact]
    public async Task W29_lock_is_on_the_real_path()
    {
        var link = Path.Combine(Sandbox.Root, "link");
        File.CreateSymbolicLink(link, Project);
        Assert.Equal(0, (await Launched("work")).ExitCode);
        Assert.Equal(5, (await LaunchIn(link, "work").Exit()).ExitCode);
        Assert.Equal(5, (await LaunchIn(Path.Combine(Project, "..", "project"), "work").Exit()).ExitCode);
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Forced_launch_says_what_it_overrode_and_is_marked()
    {
        await Alone.Run("lock", Project, "--by", "ann");
        var forced = await Launched("work", "--force");
        Assert.Equal(0, forced.ExitCode);
        Assert.Contains("forced: Directory locked by ann", forced.Error);
        Assert.Contains("\"forced\": \"true\"", (await One(Alone))!.Raw);
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Lock_with_a_time_limit_ends_by_itself()
    {
        Assert.Equal(0, (await Alone.Run("lock", Project, "--ttl", "300ms")).ExitCode);
        await Eventually.See("no lock", Deadline, () => Locks(Alone), held => held.Count == 0);
        Assert.Equal(0, (await Launched("quick")).ExitCode);
    }

    [Fact]
    public async Task Lock_around_a_command_holds_while_it_runs_and_gives_its_exit_code()
    {
        var script = Script("bin/hold", """
            #!/bin/bash
            exec {quiet}<> <(:)
            echo $$ > held.pid
            until [[ -e release ]]; do read -r -t 0.02 -u "$quiet"; done
            exit 3
            """);
        var holding = Sandbox.Start([AgentctlCli.Program, "lock", Project, "--", script], Alone.Variables, Project);
        await Named(Path.Combine(Project, "held.pid"));
        Assert.Equal(5, (await Launched("work")).ExitCode);
        Assert.Equal("command", JsonDocument.Parse((await Alone.Run("locks", "--json")).Output).RootElement[0].GetProperty("type").GetString());
        File.WriteAllText(Path.Combine(Project, "release"), "");
        Assert.Equal(3, (await holding.Exit()).ExitCode);
        Assert.Empty(await Locks(Alone));
        Assert.Equal(0, (await Launched("quick")).ExitCode);
    }

    [Fact]
    public async Task Lock_around_a_command_holds_as_long_as_the_command_lives_although_agentctl_was_killed()
    {
        var script = Script("bin/hold", "#!/bin/bash\necho $$ > held.pid\nexec sleep 600");
        var holding = Sandbox.Start([AgentctlCli.Program, "lock", Project, "--", script], Alone.Variables, Project);
        var command = await Named(Path.Combine(Project, "held.pid"));
        await holding.Kill();
        Assert.Equal([Project], await Locks(Alone));
        await Kill(command);
        Assert.Empty(await Locks(Alone));
    }

    [Fact]
    public async Task Tree_mode_keeps_agents_out_of_what_lies_inside_but_not_out_of_another_worktree()
    {
        Configure(File.ReadAllText(Path.Combine(Sandbox.AgentctlHome, "config.json")).TrimEnd().TrimEnd('}') + """, "lock_mode": "tree" }""");
        var inside = Directory.CreateDirectory(Path.Combine(Project, "src")).FullName;
        var worktree = Directory.CreateDirectory(Path.Combine(Project, "tree")).FullName;
        File.WriteAllText(Path.Combine(worktree, ".git"), "gitdir: elsewhere");
        Assert.Equal(0, (await Launched("work")).ExitCode);
        Assert.Equal(5, (await LaunchIn(inside, "quick").Exit()).ExitCode);
        Assert.Equal(0, (await LaunchIn(worktree, "quick").Exit()).ExitCode);
        await Alone.Run("stop", "--all");
    }

    [Fact]
    public async Task Wait_and_events_tell_what_happens_with_and_without_a_daemon()
    {
        var events = Served.Start("events");
        await events.Printed("\"type\":\"snapshot\"");
        await Served.Run("launch", "probe", "-p", "work", "--cwd", Project);
        var id = (await One(Served))!.Id;
        var (served, alone) = (Served.Start("wait", id), Alone.Start("wait", id, "--timeout", "20s"));
        await events.Printed("\"type\":\"lock.taken\"");
        Assert.Equal(3, (await Served.Run("wait", id, "--timeout", "100ms")).ExitCode);
        Assert.False(served.HasExited);
        LetEnd();
        Assert.Equal(0, (await served.Exit()).ExitCode);
        Assert.Equal(0, (await alone.Exit()).ExitCode);
        await events.Printed("\"type\":\"session.stopped\"");
        await events.Printed("\"type\":\"lock.released\"");
        Assert.Equal(130, (await events.Interrupt()).ExitCode);

        // A cursor goes on without a gap; one of another daemon gives a snapshot.
        var cursor = events.Output.Split('\n')[0].Split('"')[3];
        var after = Served.Start("events", "--after", cursor);
        await after.Printed("session.stopped");
        Assert.DoesNotContain("snapshot", after.Output);
        await after.Interrupt();
        var lost = Served.Start("events", "--after", "00000000.7");
        await lost.Printed("snapshot");
        await lost.Interrupt();
    }
}
