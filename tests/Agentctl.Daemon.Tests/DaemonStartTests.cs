using System.Net.Sockets;
using System.Text.Json;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class DaemonStartTests
{
    [Fact]
    public async Task Racing_starts_leave_one_daemon_and_serve_all()
    {
        await using var daemon = new RunningDaemon();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => daemon.Ensure())));

        var clients = outcomes.Select(outcome => Assert.IsType<StartOutcome.Up>(outcome).Client).ToList();
        var pid = Assert.Single(clients.Select(client => client.Peer.Pid).Distinct());
        foreach (var client in clients)
        {
            using (client)
            {
                Assert.True((await client.List(new ListQuery(), CancellationToken.None)).IsOk);
            }
        }

        var label = await File.ReadAllTextAsync(DaemonProtocol.LockPath(daemon.Home.AgentctlHome));
        Assert.Contains($"\"pid\":{pid},\"startTicks\":{ProcessStat.Read(pid)!.StartTicks}", label, StringComparison.Ordinal);
        await Eventually.See("the other daemons end", RunningDaemon.Patience, () => DaemonsOf(daemon.Home), found => found.SequenceEqual([pid]));
    }

    [Fact]
    public async Task Stale_socket_is_replaced()
    {
        await using var daemon = new RunningDaemon();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(daemon.SocketPath + ".dead"));
            File.Move(daemon.SocketPath + ".dead", daemon.SocketPath);
        }

        Assert.True(File.Exists(daemon.SocketPath));
        Assert.IsType<ConnectOutcome.Down>(await DaemonConnection.TryConnect(daemon.Environment(), CancellationToken.None));
        using var client = (await daemon.Start()).Client;
        Assert.True((await client.List(new ListQuery(), CancellationToken.None)).IsOk);
    }

    /// <summary>The old socket is for another tool: what stands in its place is named, and the daemon serves all the rest.</summary>
    [Theory]
    [InlineData("agentctl.sock")]
    [InlineData("agentctl.sock.new")]
    public async Task Old_socket_that_cannot_be_bound_is_named_and_the_daemon_serves(string name)
    {
        await using var daemon = new RunningDaemon();
        var inTheWay = Directory.CreateDirectory(Path.Combine(daemon.Home.AgentctlHome, name, "kept")).Parent!;
        using var client = (await daemon.Start()).Client;
        Assert.True((await client.List(new ListQuery(), CancellationToken.None)).IsOk);
        var loop = await OldSocketOf(client);
        Assert.InRange(loop.Failures, 1, 100);
        Assert.Contains($"{Path.Combine(daemon.Home.AgentctlHome, "agentctl.sock")} cannot be bound", loop.LastFailure, StringComparison.Ordinal);
        Assert.Contains("the background loop old socket failed", await File.ReadAllTextAsync(DaemonProtocol.LogPath(daemon.Home.AgentctlHome)), StringComparison.Ordinal);

        // Once the place is free the next attempt serves it.
        inTheWay.Delete(recursive: true);
        using var old = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await Eventually.True("the old socket", RunningDaemon.Patience, () => UnixSocketName.InodeOf(Path.Combine(daemon.Home.AgentctlHome, "agentctl.sock")) is not null);
        await old.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(daemon.Home.AgentctlHome, "agentctl.sock")), CancellationToken.None);
        Assert.True(Directory.Exists(daemon.Home.AgentctlHome));
    }

    [Fact]
    public async Task Main_socket_that_cannot_be_bound_is_an_error()
    {
        await using var daemon = new RunningDaemon();
        var inTheWay = Directory.CreateDirectory(Path.Combine(daemon.SocketPath, "kept")).Parent!;
        var failed = await daemon.Ensure();
        Assert.False(failed is StartOutcome.Up, failed.ToString());
        Assert.Contains(daemon.SocketPath, failed.ToString(), StringComparison.Ordinal);
        inTheWay.Delete(recursive: true);
    }

    private static async Task<BackgroundLoopReport> OldSocketOf(DaemonClient client)
    {
        var document = JsonSerializer.Deserialize((await client.Daemon(CancellationToken.None)).Whole().Span, ApiJson.Default.DaemonDocument)!;
        return document.Loops!.Single(static one => one.Name == "old socket");
    }

    [Fact]
    public async Task Killed_daemon_is_noticed_and_replaced()
    {
        await using var daemon = new RunningDaemon();
        var (client, first) = await daemon.Start();
        await Signals.Send("KILL", first);
        await Eventually.True("the daemon to be gone", RunningDaemon.Patience, () => first.Now() is null);

        await Assert.ThrowsAsync<DaemonLostException>(() => client.List(new ListQuery(), CancellationToken.None));
        Assert.True(File.Exists(daemon.SocketPath));
        var (second, process) = await daemon.Start();
        using (second)
        {
            Assert.NotEqual(first.Pid, process.Pid);
            Assert.True((await second.List(new ListQuery(), CancellationToken.None)).IsOk);
        }
    }

    [Fact]
    public async Task Home_with_a_long_path_is_served()
    {
        await using var daemon = new RunningDaemon(string.Join('/', Enumerable.Repeat(new string('d', 60), 4)));
        Assert.True(daemon.SocketPath.Length > 200);

        using var client = (await daemon.Start()).Client;

        Assert.True((await client.List(new ListQuery(), CancellationToken.None)).IsOk);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(daemon.SocketPath));
        Assert.IsType<StopOutcome.Stopped>(await daemon.Stop());
        Assert.False(File.Exists(daemon.SocketPath));
    }

    [Fact]
    public async Task Daemon_belongs_to_nobody_who_started_it()
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start(daemon.Environment(
            ("CLAUDECODE", "1"), ("CLAUDE_CODE_SESSION_ID", "x"), ("CODEX_THREAD_ID", "x"), ("AGENTCTL_LAUNCH_ID", "x"), ("KEPT", "1")));
        client.Dispose();

        var seen = ProcessTable.Take().Find(process.Pid)!;
        Assert.Equal(process.Pid, seen.SessionId);
        Assert.Equal("/", seen.WorkingDirectory);
        Assert.Equal([RunningDaemon.Executable], seen.Argv);
        Assert.DoesNotContain("daemon ", string.Join(' ', seen.Argv!) + " ", StringComparison.Ordinal);
        Assert.Equal("1", seen.Environment!["KEPT"]);
        Assert.Empty(seen.Environment!.Keys.Intersect(["CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CODEX_THREAD_ID", "AGENTCTL_LAUNCH_ID"]));
        Assert.Equal(["/dev/null", "/dev/null", "/dev/null"], Enumerable.Range(0, 3).Select(n => new FileInfo($"/proc/{process.Pid}/fd/{n}").LinkTarget));
        Assert.Contains("SigBlk:\t0000000000000000", await File.ReadAllTextAsync($"/proc/{process.Pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_config_is_told_to_whoever_wanted_the_daemon()
    {
        await using var daemon = new RunningDaemon();
        var config = Path.Combine(daemon.Home.AgentctlHome, "config.json");
        await File.WriteAllTextAsync(config, "{\n  \"adapter_timeout\": \"soon\"\n}");

        var failed = Assert.IsType<StartOutcome.Failed>(await daemon.Ensure());

        Assert.Contains(config + ":2:", failed.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_executable_is_told()
    {
        await using var daemon = new RunningDaemon();
        var failed = Assert.IsType<StartOutcome.Failed>(await daemon.Ensure(daemon.Environment((DaemonStarter.ExecutableVariable, "/nowhere/agentctld"))));
        Assert.Contains(DaemonStarter.ExecutableVariable, failed.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daemon_of_other_places_is_not_believed()
    {
        await using var daemon = new RunningDaemon();
        (await daemon.Start()).Client.Dispose();
        var other = Assert.IsType<StartOutcome.OtherEnvironment>(await daemon.Ensure(daemon.Environment(("CLAUDE_CONFIG_DIR", "/elsewhere"))));
        Assert.Equal(421, (await other.Client.List(new ListQuery(), CancellationToken.None)).Status);
        other.Client.Dispose();
    }

    [Fact]
    public async Task W49_other_users_are_hung_up_on()
    {
        Requirement.That(ProcessTable.Take().UserId == 0, "only root can become somebody else");
        var setpriv = Requirement.Program("setpriv");
        var curl = Requirement.Program("curl");
        await using var daemon = new RunningDaemon();
        (await daemon.Start()).Client.Dispose();

        string[] request = [curl, "--silent", "--max-time", "20", "--unix-socket", daemon.SocketPath, "http://agentctl/v1/sessions"];
        var own = await Run(request);
        Assert.Equal(0, own.ExitCode);
        Assert.Contains("\"sessions\"", own.Output, StringComparison.Ordinal);

        var log = await Eventually.See(
            "the refusal in the log",
            RunningDaemon.Patience,
            async () =>
            {
                // Everything that keeps others out on the way to the socket is opened (the daemon may close it again when it writes
                // its cache); what is left is the daemon's own check.
                const UnixFileMode all = (UnixFileMode)0b111_111_111;
                foreach (var path in new[] { daemon.Home.Root, daemon.Home.AgentctlHome, daemon.SocketPath })
                {
                    File.SetUnixFileMode(path, all);
                }

                var foreign = await Run([setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", .. request]);
                Assert.NotEqual(0, foreign.ExitCode);
                Assert.Equal("", foreign.Output);
                return await File.ReadAllTextAsync(DaemonProtocol.LogPath(daemon.Home.AgentctlHome));
            },
            seen => seen.Contains("PeerRefused", StringComparison.Ordinal));
        Assert.Contains("refused a connection of user 65534", log, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> Run(string[] command)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    /// <summary>Living daemons that serve this home, by their environment.</summary>
    private static List<int> DaemonsOf(TempHome home) =>
    [
        .. ProcessTable.Take().All
            .Where(process => process.Comm == "agentctld" && process.Environment?.GetValueOrDefault("AGENTCTL_HOME") == home.AgentctlHome)
            .Select(process => process.Pid),
    ];
}
