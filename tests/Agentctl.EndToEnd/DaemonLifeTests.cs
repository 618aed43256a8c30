using System.Text.Json;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.EndToEnd;

/// <summary>The daemon is disposable (law L10): started on need, one per home, replaced when it is gone.</summary>
public sealed class DaemonLifeTests : BothWays
{
    [Fact]
    public async Task Racing_starts_leave_one_daemon_and_serve_all()
    {
        var agentctl = Agentctl(withDaemon: true);
        var racers = Enumerable.Range(0, 12).Select(_ => agentctl.Start("list", "--json")).ToList();
        foreach (var racer in racers)
        {
            var result = await racer.Exit();
            Assert.Equal((0, "[]\n"), (result.ExitCode, result.Output));

            // A machine that needs more than 3 s for a start gets the same answer without the daemon, and one line that says so.
            Assert.True(result.Error.Length == 0 || (result.Error.StartsWith("warning: answered without the daemon: ", StringComparison.Ordinal) && result.Error.AsSpan().Count('\n') == 1), result.Error);
        }

        await Eventually.See("one daemon", RealProcess.UsualDeadline, Daemons, static found => found.Count == 1);
    }

    [Fact]
    public async Task W2_killed_daemon_is_replaced_by_the_next_command()
    {
        var agentctl = Agentctl(withDaemon: true);
        await agentctl.Run("list");
        var first = Assert.Single(Daemons());
        await Signals.Send("KILL", first);
        await Eventually.True("the daemon to be gone", RealProcess.UsualDeadline, () => first.Now() is null);

        var result = await agentctl.Run("list", "--json");
        Assert.Equal((0, "[]\n", ""), (result.ExitCode, result.Output, result.Error));
        Assert.NotEqual(first.Pid, Assert.Single(Daemons()).Pid);
    }

    [Fact]
    public async Task Stale_socket_file_is_replaced()
    {
        var agentctl = Agentctl(withDaemon: true);
        await agentctl.Run("list");
        var stopped = await agentctl.Run("daemon", "stop");
        Assert.Equal(0, stopped.ExitCode);
        Assert.Empty(Daemons());
        // What a crash of a machine leaves: a socket that nobody listens on.
        var socket = Path.Combine(Sandbox.AgentctlHome, "daemon.sock");
        using (var dead = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            File.Delete(socket);
            dead.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        }

        var result = await agentctl.Run("list", "--json");
        Assert.Equal((0, "[]\n", ""), (result.ExitCode, result.Output, result.Error));
        Assert.Single(Daemons());
    }

    [Fact]
    public async Task Daemon_status_tells_up_and_down()
    {
        var agentctl = Agentctl(withDaemon: true);
        Assert.Equal(1, (await agentctl.Run("daemon", "status")).ExitCode);
        Assert.Equal(0, (await agentctl.Run("daemon", "start")).ExitCode);
        var up = await agentctl.Run("daemon", "status", "--json");
        Assert.Equal(0, up.ExitCode);
        using var status = JsonDocument.Parse(up.Output);
        Assert.Equal(Assert.Single(Daemons()).Pid, status.RootElement.GetProperty("pid").GetInt32());
        Assert.Equal(0, (await agentctl.Run("daemon", "stop")).ExitCode);
        Assert.Equal(1, (await agentctl.Run("daemon", "status")).ExitCode);
    }

    [Fact]
    public async Task Daemon_socket_is_the_users_alone()
    {
        await Agentctl(withDaemon: true).Run("list");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Sandbox.AgentctlHome));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Sandbox.AgentctlHome, "daemon.sock")));
    }

    /// <summary>Living daemons of this sandbox. Its network namespace says that they are ours; the name only says which of ours.</summary>
    private IReadOnlyList<ProcessStat> Daemons() => [.. Sandbox.Living().Where(p => p.Comm == "agentctld")];
}
