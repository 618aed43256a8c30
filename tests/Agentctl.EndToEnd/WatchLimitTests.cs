using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>Where the kernel has no inotify watches left, a daemon reads everything every time: slower, and still right.</summary>
public sealed class WatchLimitTests : BothWays
{
    [Fact]
    public async Task Daemon_without_watches_tells_what_is_and_doctor_says_why_it_is_slow()
    {
        Requirement.That(Environment.UserName == "root", "root, to limit a namespace of its own");
        var claude = new ClaudeFiles(Sandbox);
        for (var i = 0; i < 12; i++)
        {
            claude.Transcript($"5b1c8f5e-0000-4000-8000-0000000000{i:00}", $"prompt {i}", $"-work-{i}");
        }

        var agentctl = Agentctl(withDaemon: true);
        await Limited("daemon", "start");
        Assert.Contains("prompt 7", (await Limited("list", "-a", "--json")).Output, StringComparison.Ordinal);
        claude.Transcript("5b1c8f5e-0000-4000-8000-000000000099", "prompt of a new one", "-work-new");
        Assert.Contains("prompt of a new one", (await Limited("list", "-a", "--json")).Output, StringComparison.Ordinal);

        var doctor = await Limited("doctor");
        Assert.Equal(1, doctor.ExitCode);
        Assert.Contains("no inotify watches left; raise fs.inotify.max_user_watches", doctor.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("inotify", (await agentctl.Run("doctor")).Output, StringComparison.Ordinal);

        Task<ProcessResult> Limited(params string[] arguments) => Sandbox.Run(
            ["unshare", "--user", "--map-root-user", "sh", "-c", "echo 8 > /proc/sys/user/max_inotify_watches && exec \"$@\"", "sh", AgentctlCli.Program, .. arguments], agentctl.Variables);
    }
}
