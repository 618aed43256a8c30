using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>An agent that removes or forges what agentctl keeps of it is still listed, holds its directory and can be stopped.</summary>
public sealed class HidingAgentTests : BothWays
{
    private const string Delete = "rm -rf $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID $AGENTCTL_HOME/live/$AGENTCTL_LAUNCH_ID";
    private const string DeleteMarker = "rm -f $AGENTCTL_HOME/live/$AGENTCTL_LAUNCH_ID";
    private const string ReplaceLease = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; rm lease; ln -s /dev/null lease; cd /";
    private const string RenameLease = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; mv lease other; cd /";
    private const string RenameLeaseAndDelete = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; mv lease other; ln -s /dev/null lease; cd /; rm -rf $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID";
    private const string Move = "mv $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID $HOME/moved";
    private const string MoveAndDeleteMarker = Move + "; " + DeleteMarker;
    private const string MoveToAnotherFileSystem = "mv $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID /dev/shm/; " + DeleteMarker;
    private const string MoveAndCopyBack = Move + "; cp -r $HOME/moved $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID";
    private const string MoveCopyBackAndForgeEnd = MoveAndCopyBack + "; " + ForgeEnd;
    private const string MoveAndLink = Move + "; ln -s $HOME/moved $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID";
    private const string MoveAll = "mv $AGENTCTL_HOME/launches $HOME/moved";
    private const string MoveAllAndMarkers = MoveAll + "; mv $AGENTCTL_HOME/live $HOME/markers";
    private const string KillShimAndMove = "kill -9 $PPID; " + Move;
    private const string KillShimMoveAndDeleteMarker = "kill -9 $PPID; " + MoveAndDeleteMarker;
    private const string KillShimReleaseAndDelete = "kill -9 $PPID; exec 3>&-; rm -rf $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID";
    private const string ForgeEnd = "printf '{\\\"how\\\":\\\"exited\\\",\\\"exitCode\\\":0,\\\"endedAt\\\":\\\"2026-01-01T00:00:00Z\\\"}' > $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/exit.json";
    private const string ForgeEndWithoutAgent = ForgeEnd + "; rm $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/agent.json";
    private const string ForgeEndAndAgent = ForgeEnd + "; sed -i 's/\\\"startTicks\\\":/&1/' $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/agent.json";
    private const string ForgeQueue = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; rm agent.json; echo '{\\\"position\\\":1,\\\"queuedAt\\\":\\\"2026-01-01T00:00:00Z\\\"}' > queued.json; cd /";
    private const string ForgeDirectory = "sed -i 's#\\\"cwd\\\":\\\"[^\\\"]*\\\"#\\\"cwd\\\":\\\"/elsewhere\\\"#' $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/launch.json";
    private const string ForgeConversation = "sed -i 's/\\\"adapter\\\":/\\\"conversation\\\":\\\"0123456789ab\\\",&/' $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/launch.json";
    private const string RuinRecords = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; for f in launch agent session; do head -c 64 /dev/zero > $f.json; done; cd /";

    public static TheoryData<string, bool> Tricks()
    {
        var tricks = new TheoryData<string, bool>();
        foreach (var trick in (string[])[Delete, DeleteMarker, ReplaceLease, RenameLease, RenameLeaseAndDelete, Move, MoveAndDeleteMarker, MoveToAnotherFileSystem,
            MoveAndCopyBack, MoveCopyBackAndForgeEnd, MoveAll, MoveAllAndMarkers, KillShimAndMove, KillShimMoveAndDeleteMarker, KillShimReleaseAndDelete, ForgeEnd, ForgeEndWithoutAgent, ForgeEndAndAgent,
            ForgeQueue, ForgeDirectory, ForgeConversation, RuinRecords])
        {
            tricks.Add(trick, true);
            tricks.Add(trick, false);
        }

        return tricks;
    }

    [Theory]
    [MemberData(nameof(Tricks))]
    public async Task Agent_that_hides_is_listed_keeps_its_directory_and_is_stopped(string trick, bool withDaemon)
    {
        var agentctl = Agentctl(withDaemon);
        var launch = await Launch(agentctl, trick);
        using var copy = new RemovedAtEnd(Path.Combine("/dev/shm", launch));

        var listed = await agentctl.Run("list", "--json");
        Assert.Contains(launch, listed.Output, StringComparison.Ordinal);
        Assert.Contains(Sandbox.Work, (await agentctl.Run("locks")).Output, StringComparison.Ordinal);
        var status = await agentctl.Run("status", launch, "--json");
        Assert.True(status.ExitCode == 0 && !status.Output.Contains("\"status\": \"stopped\"", StringComparison.Ordinal) && !status.Output.Contains("\"status\": \"error\"", StringComparison.Ordinal), status.Output + status.Error);
        Assert.Equal(0, (await agentctl.Run("explain", launch)).ExitCode);
        Assert.Equal(3, (await agentctl.Run("wait", "--timeout", "200ms", launch)).ExitCode);
        var second = await agentctl.Run("launch", "--adapter", "h", "-p", "again");
        Assert.Equal(5, second.ExitCode);
        Assert.Contains("Directory in use", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await agentctl.Run("stop", "--timeout", "2s", launch)).ExitCode);
        Assert.DoesNotContain(Sandbox.Living(), static process => process.Comm == "sleep");
        Assert.DoesNotContain(launch, (await agentctl.Run("list", "--json")).Output, StringComparison.Ordinal);
        File.Delete(Path.Combine(Sandbox.Home, "hide"));
        Assert.Equal(0, (await agentctl.Run("launch", "--adapter", "h", "-p", "again")).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Agent_that_replaces_its_directory_by_a_link_is_stopped_and_the_link_is_named(bool withDaemon)
    {
        var agentctl = Agentctl(withDaemon);
        var launch = await Launch(agentctl, MoveAndLink);

        var stopped = await agentctl.Run("stop", "--timeout", "2s", launch);

        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains($"remove {Path.Combine(Sandbox.AgentctlHome, "launches", launch)}", stopped.Output + stopped.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Sandbox.Living(), static process => process.Comm == "sleep");
    }

    /// <summary>Launches an agent and lets it hide.</summary>
    private async Task<string> Launch(AgentctlCli agentctl, string trick)
    {
        Sandbox.HomeFile(".agentctl/config.json", $$"""{"agents":{"h":{"launch":["/bin/sh","-c","echo ready s-1; until [ -e $HOME/hide ]; do sleep 0.1; done; {{trick}}; touch $HOME/hidden; exec sleep 600","{prompt}"],"id":"ready {id}"} } }""");
        Assert.Equal(0, (await agentctl.Run("launch", "--adapter", "h", "-p", "hide")).ExitCode);
        var launch = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Sandbox.AgentctlHome, "launches"))));
        File.WriteAllText(Path.Combine(Sandbox.Home, "hide"), "");
        await Eventually.True("the agent hidden", TimeSpan.FromSeconds(30), () => File.Exists(Path.Combine(Sandbox.Home, "hidden")));
        return launch;
    }

    /// <summary>What an agent moved out of the sandbox.</summary>
    private sealed class RemovedAtEnd(string path) : IDisposable
    {
        public void Dispose()
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
    }
}
