using System.Globalization;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>A home that another user made decides nothing: his configuration, his records and his links are not read.</summary>
public sealed class ForeignHomeTests : BothWays
{
    private const string Nobody = "65534";
    private const string Forged = "0k3n8v4w2r7p";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Home_of_another_user_is_refused_by_every_command_before_anything_in_it_is_read(bool withDaemon)
    {
        Requirement.That(Environment.UserName == "root", "root, to give files away");
        var bystander = Sandbox.Start(["sleep", "600"]);
        Forge(bystander);
        await Chown(Nobody, "-R", Sandbox.AgentctlHome);
        await Sandbox.Run(["chmod", "-R", "a+rX", Sandbox.AgentctlHome]);

        string[][] commands =
        [
            ["list"], ["list", "-a", "--json"], ["status", Forged], ["explain", Forged], ["peek", Forged], ["doctor"], ["config", "list"], ["config", "get", "adapter"],
            ["config", "set", "adapter", "pi"], ["stop", Forged], ["stop", "--all"], ["attach", Forged], ["locks"], ["lock", "."], ["prune"], ["queue", "list"], ["sessions", "list"],
            ["approvals"], ["worktree", "list"], ["fuses"], ["daemon", "status"], ["daemon", "start"], ["launch", "-p", "x"], ["exec", "x"], ["wait", Forged],
        ];
        foreach (var command in commands)
        {
            var result = await Agentctl(withDaemon).Run(command);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.Contains($"belongs to user {Nobody}", result.Error, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Path.Combine(Sandbox.Root, "attached")));
        Assert.False(bystander.HasExited);
        Assert.Equal(0, (await Agentctl(withDaemon).Run("--version")).ExitCode);
        Assert.Equal(0, (await Agentctl(withDaemon).Run("list", "--help")).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Configuration_of_another_user_in_an_own_home_is_refused(bool withDaemon)
    {
        Requirement.That(Environment.UserName == "root", "root, to give files away");
        Directory.CreateDirectory(Sandbox.AgentctlHome);
        var config = Path.Combine(Sandbox.AgentctlHome, "config.json");
        await File.WriteAllTextAsync(config, "{}", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await Agentctl(withDaemon: false).Run("config", "list")).ExitCode);
        await Chown(Nobody, config);

        foreach (var command in (string[][])[["list"], ["config", "list"], ["launch", "-p", "x"]])
        {
            var result = await Agentctl(withDaemon).Run(command);
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains($"{config}: it belongs to user {Nobody}", result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Other_user_than_root_is_protected_in_the_same_way()
    {
        Requirement.That(Environment.UserName == "root", "root, to become somebody else");
        Requirement.File("/usr/bin/setpriv", "setpriv of util-linux");
        Directory.CreateDirectory(Sandbox.AgentctlHome);
        await Sandbox.Run(["chmod", "a+rx", Sandbox.Root, Sandbox.Home, Sandbox.AgentctlHome]);

        var result = await Sandbox.Run(["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", AgentctlCli.Program, "list"], Agentctl(withDaemon: false).Variables);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("belongs to user 0", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Process_that_only_a_record_names_is_never_signalled(bool withDaemon)
    {
        var bystander = Sandbox.Start(["sleep", "600"]);
        Forge(bystander);
        File.Delete(Path.Combine(Sandbox.AgentctlHome, "config.json"));

        var listed = await Agentctl(withDaemon).Run("list");
        Assert.Contains("unknown", listed.Output, StringComparison.Ordinal);
        await Agentctl(withDaemon).Run("stop", "--timeout", "1s", Forged);
        await Agentctl(withDaemon).Run("stop", "--force", Forged);
        await Agentctl(withDaemon).Run("stop", "--all", "--yes");

        Assert.False(bystander.HasExited);
    }

    private Task<ProcessResult> Chown(string user, params string[] paths) => Sandbox.Run(["chown", .. paths.Where(static path => path.StartsWith('-')), user, .. paths.Where(static path => !path.StartsWith('-'))]);

    /// <summary>A home as an attacker prepares it: a command for attach, and a launch whose agent is somebody else's process.</summary>
    private void Forge(RealProcess bystander)
    {
        var identity = bystander.Identity;
        var launch = Directory.CreateDirectory(Path.Combine(Sandbox.AgentctlHome, "launches", Forged)).FullName;
        Directory.CreateDirectory(Path.Combine(Sandbox.AgentctlHome, "live"));
        File.WriteAllText(Path.Combine(Sandbox.AgentctlHome, "live", Forged), "");
        File.WriteAllText(Path.Combine(Sandbox.AgentctlHome, "config.json"), $$"""{"agents":{"x":{"launch":["echo","{prompt}"],"attach":["touch","{{Sandbox.Root}}/attached"]} } }""");
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var space = new FileInfo("/proc/self/ns/pid").LinkTarget!.Split('[', ']')[1];
        File.WriteAllText(Path.Combine(launch, "launch.json"), $$"""{"id":"{{Forged}}","adapter":"x","launchedAt":"2026-11-30T20:00:00Z","bootId":"{{boot}}","host":"{{Environment.MachineName}}","pidNamespace":{{space}},"cwd":"/x","stdin":"Open"}""");
        File.WriteAllText(Path.Combine(launch, "lease"), "");
        File.WriteAllText(Path.Combine(launch, "agent.json"), string.Create(CultureInfo.InvariantCulture,
            $$"""{"shimPid":{{identity.Pid}},"shimStartTicks":{{identity.StartTicks}},"pid":{{identity.Pid}},"startTicks":{{identity.StartTicks}},"startedAt":"2026-11-30T20:00:00Z","containment":"subreaper"}"""));
    }
}
