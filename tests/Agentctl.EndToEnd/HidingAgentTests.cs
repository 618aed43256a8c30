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
    private const string ForgeEnd = "printf '{\\\"how\\\":\\\"exited\\\",\\\"exitCode\\\":0,\\\"endedAt\\\":\\\"2026-01-01T00:00:00Z\\\"}' > $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID/exit.json";
    private const string RuinRecords = "cd $AGENTCTL_HOME/launches/$AGENTCTL_LAUNCH_ID; for f in launch agent session; do head -c 64 /dev/zero > $f.json; done; cd /";

    public static TheoryData<string, bool> Tricks()
    {
        var tricks = new TheoryData<string, bool>();
        foreach (var trick in (string[])[Delete, DeleteMarker, ReplaceLease, RenameLease, RenameLeaseAndDelete, ForgeEnd, RuinRecords])
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
        Sandbox.HomeFile(".agentctl/config.json", $$"""{"agents":{"h":{"launch":["/bin/sh","-c","echo ready s-1; sleep 1; {{trick}}; touch $HOME/hidden; exec sleep 600","{prompt}"],"id":"ready {id}"} } }""");
        var agentctl = Agentctl(withDaemon);
        Assert.Equal(0, (await agentctl.Run("launch", "--adapter", "h", "-p", "hide")).ExitCode);
        var launch = Path.GetFileName(Assert.Single(Directory.GetDirectories(Path.Combine(Sandbox.AgentctlHome, "launches"))));
        await Eventually.True("the agent hidden", TimeSpan.FromSeconds(30), () => File.Exists(Path.Combine(Sandbox.Home, "hidden")));

        var listed = await agentctl.Run("list", "--json");
        Assert.Contains(launch, listed.Output, StringComparison.Ordinal);
        Assert.Contains(Sandbox.Work, (await agentctl.Run("locks")).Output, StringComparison.Ordinal);
        var second = await agentctl.Run("launch", "--adapter", "h", "-p", "again");
        Assert.Equal(5, second.ExitCode);
        Assert.Contains("Directory in use", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await agentctl.Run("stop", "--timeout", "2s", launch)).ExitCode);
        Assert.DoesNotContain(Sandbox.Living(), static process => process.Comm == "sleep");
    }
}
