using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>What all tests with real processes rely on.</summary>
public sealed class SandboxTests
{
    [Fact]
    public async Task Sandbox_ends_even_what_hid_from_it()
    {
        ProcessStat hidden;
        await using (var sandbox = await Sandbox.Create())
        {
            // Twice forked, a session of its own, nothing in its environment.
            await sandbox.Run(["sh", "-c", "env -i setsid sh -c 'sleep 600 & echo $! >pid' &"]);
            var file = Path.Combine(sandbox.Work, "pid");
            var pid = await Eventually.See("the pid", RealProcess.UsualDeadline, () => File.Exists(file) ? File.ReadAllText(file).Trim() : "", text => text.Length > 0);
            hidden = ProcessStat.Read(int.Parse(pid))!;
            Assert.Contains(hidden.Pid, sandbox.Living().Select(p => p.Pid));
        }

        Assert.Null(hidden.Now());
    }

    [Fact]
    public async Task Sandbox_has_a_clean_environment_and_no_network()
    {
        await using var sandbox = await Sandbox.Create();
        var environment = (await sandbox.Run(["env"])).Output.Split('\n');
        Assert.Contains("HOME=" + sandbox.Home, environment);
        Assert.DoesNotContain(environment, line => line.StartsWith("DOTNET", StringComparison.Ordinal) || line.StartsWith("CLAUDE", StringComparison.Ordinal));
        var links = (await sandbox.Run(["cat", "/proc/net/dev"])).Output;
        Assert.Equal(["lo"], links.Split('\n').Skip(2).Where(line => line.Length > 0).Select(line => line.Split(':')[0].Trim()));
    }

    [Fact]
    public async Task Process_gets_the_default_signals()
    {
        await using var sandbox = await Sandbox.Create();
        var ignored = await sandbox.Run(["grep", "SigIgn", "/proc/self/status"]);
        Assert.Equal("SigIgn:\t0000000000000000\n", ignored.Output);
    }

    [Fact]
    public async Task Pty_shows_the_screen_and_takes_keys()
    {
        await using var sandbox = await Sandbox.Create();
        var pty = await Pty.Start(sandbox, ["sh", "-c", "read word; echo \"got $word\"; exec sleep 600"]);
        await pty.Type("hello there");
        await pty.Press("Enter");
        await pty.ReadUntil("got hello there");
    }
}
