using System.Net.Sockets;
using Agentctl.Client;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class DaemonStopTests
{
    [Fact]
    public async Task W36_stop_ends_it_and_frees_socket_and_lease()
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start();
        client.Dispose();
        Assert.True(Lease.IsHeld(DaemonProtocol.LockPath(daemon.Home.AgentctlHome)));

        var stopped = Assert.IsType<StopOutcome.Stopped>(await daemon.Stop());

        Assert.Equal(process.Pid, stopped.Pid);
        Assert.Null(process.Now());
        Assert.False(File.Exists(daemon.SocketPath));
        Assert.False(Lease.IsHeld(DaemonProtocol.LockPath(daemon.Home.AgentctlHome)));
    }

    [Fact]
    public async Task Stop_without_a_daemon_says_so()
    {
        await using var daemon = new RunningDaemon();
        Assert.IsType<StopOutcome.NotRunning>(await daemon.Stop());
    }

    [Fact]
    public async Task Stop_ends_a_daemon_that_looks_at_other_places()
    {
        await using var daemon = new RunningDaemon();
        (await daemon.Start(daemon.Environment(("CODEX_HOME", "/elsewhere")))).Client.Dispose();
        Assert.IsType<StopOutcome.Stopped>(await daemon.Stop());
    }

    [Fact]
    public async Task Stop_kills_a_daemon_that_hangs_and_nobody_else()
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start();
        client.Dispose();
        await Signals.Send("STOP", process);
        await Eventually.True("every thread of it to stand still", RunningDaemon.Patience, () => StandsStill(process.Pid));

        var silent = Assert.IsType<ConnectOutcome.NotAnswering>(
            await DaemonConnection.TryConnect(daemon.Environment(), CancellationToken.None, TimeSpan.FromMilliseconds(300)));
        Assert.Equal(process.Pid, silent.Pid);
        var killed = Assert.IsType<StopOutcome.Killed>(await daemon.Stop());

        Assert.Equal(process.Pid, killed.Pid);
        Assert.Null(process.Now());
        Assert.False(Lease.IsHeld(DaemonProtocol.LockPath(daemon.Home.AgentctlHome)));
        (await daemon.Start()).Client.Dispose();
    }

    /// <summary>Any program of the user may listen there: it is this test.</summary>
    [Fact]
    public async Task Stop_signals_no_program_that_is_not_proven_to_be_the_daemon()
    {
        using var home = new TempHome();
        using var name = UnixSocketName.TryOpen(DaemonProtocol.SocketPath(home.AgentctlHome))!;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(name.EndPoint);
        socket.Listen();

        var failed = Assert.IsType<StopOutcome.Failed>(await DaemonControl.Stop(home.Environment(), TimeProvider.System, CancellationToken.None, TimeSpan.FromSeconds(1)));

        Assert.Contains($"process {Environment.ProcessId} listens on", failed.Problem, StringComparison.Ordinal);
        Assert.Contains("it is not proven to be agentctld", failed.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daemon_whose_home_is_renamed_ends_by_itself()
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start();
        client.Dispose();
        var away = daemon.Home.AgentctlHome + "-away";

        Directory.Move(daemon.Home.AgentctlHome, away);

        await Eventually.True("the daemon to end", RunningDaemon.Patience, () => process.Now() is null);
        Directory.Move(away, daemon.Home.AgentctlHome);
    }

    /// <summary>More connections than it has descriptors for: it neither spins nor dies, and afterwards it answers and ends as ever.</summary>
    [Fact]
    public async Task Daemon_with_few_descriptors_stands_many_idle_connections()
    {
        await using var daemon = new RunningDaemon();

        // A debug build has about 160 files of its own open, a native one about 30.
        var limited = Path.Combine(daemon.Home.Root, "limited");
        await File.WriteAllTextAsync(limited, $"#!/bin/sh\nulimit -n 600\nexec '{RunningDaemon.Executable}'\n");
        File.SetUnixFileMode(limited, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (client, process) = await daemon.Start(daemon.Environment((DaemonStarter.ExecutableVariable, limited)));
        client.Dispose();
        var clients = new List<Socket>();
        for (var count = 0; count < 500; count++)
        {
            clients.Add(await Raw.Connect(daemon.Home));
        }

        var log = DaemonProtocol.LogPath(daemon.Home.AgentctlHome);
        var before = process.ThreadTimes();
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.InRange(process.UsedSince(before), TimeSpan.Zero, TimeSpan.FromSeconds(1));

        clients.ForEach(static one => one.Dispose());
        var up = await Eventually.See<ConnectOutcome>("an answer", RunningDaemon.Patience, () => DaemonConnection.TryConnect(daemon.Environment(), CancellationToken.None), static found => found is ConnectOutcome.Up);
        ((ConnectOutcome.Up)up).Client.Dispose();
        await Signals.Send("TERM", process);
        await Eventually.True("the daemon to end", RunningDaemon.Patience, () => process.Now() is null);
        Assert.Contains("stopped as asked", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_ends_it_cleanly_although_somebody_follows(string signal)
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start();
        using var owned = client;
        var parts = await client.FollowList(new ListQuery(), CancellationToken.None);
        await using var reading = parts.Parts.GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(RunningDaemon.Patience));
        var next = reading.MoveNextAsync().AsTask();

        await Signals.Send(signal, process);

        Assert.False(await next.WaitAsync(RunningDaemon.Patience));
        await Eventually.True("the daemon to end", RunningDaemon.Patience, () => process.Now() is null);
        Assert.False(File.Exists(daemon.SocketPath));
        Assert.Contains("stopped as asked", await File.ReadAllTextAsync(DaemonProtocol.LogPath(daemon.Home.AgentctlHome)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_gives_another_daemon()
    {
        await using var daemon = new RunningDaemon();
        var (client, first) = await daemon.Start();
        client.Dispose();

        var up = Assert.IsType<StartOutcome.Up>(await DaemonControl.Restart(daemon.Environment(), TimeProvider.System, CancellationToken.None, RunningDaemon.Patience));

        Assert.NotEqual(first.Pid, up.Client.Peer.Pid);
        up.Client.Dispose();
    }

    [Fact]
    public async Task Daemon_whose_home_was_deleted_ends_by_itself()
    {
        await using var daemon = new RunningDaemon();
        var (client, process) = await daemon.Start();
        client.Dispose();

        Directory.Delete(daemon.Home.AgentctlHome, recursive: true);

        await Eventually.True("the daemon to end", RunningDaemon.Patience, () => process.Now() is null);
    }

    /// <summary>A signal is delivered to a process, but each thread stops when it gets to it.</summary>
    private static bool StandsStill(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").All(thread => File.ReadAllText(Path.Combine(thread, "stat")) is var stat && stat[stat.LastIndexOf(')') + 2] == 'T');
}
