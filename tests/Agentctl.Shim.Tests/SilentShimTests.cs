using System.Net.Sockets;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Shim.Tests;

/// <summary>An agent can stop its shim with a signal and replace the shim's socket: every wait for a shim has a limit, and stopping works.</summary>
public sealed class SilentShimTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 9)]
    [InlineData(5, 15)]
    public async Task Shim_that_is_stopped_by_a_signal_is_continued_and_ends_its_agent(int seconds, int signal)
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600");
        await shim.Printed("UP");
        await Halt(shim);

        var outcome = await shim.Stop(TimeSpan.FromSeconds(seconds)).WaitAsync(Deadline, Token);

        Assert.True(outcome.IsOver);
        Assert.Equal((ExitHows.Signaled, signal, StopRecord.User), (outcome.Launch.Exit!.How, outcome.Launch.Exit.Signal, outcome.Launch.Exit.Stop?.By));
        Assert.Contains(outcome.Asked, static what => what.StartsWith("SIGCONT to its shim", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agent_that_stops_its_shim_again_and_again_is_ended_all_the_same()
    {
        await using var shim = await RunningShim.Start("trap '' TERM; echo UP; while :; do kill -STOP $PPID; sleep 0.02; done");
        await shim.Printed("UP");
        var agent = shim.Agent;

        var outcome = await shim.Stop(TimeSpan.FromSeconds(1)).WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.True(outcome.IsOver);
        Assert.Null(agent.Now());
        Assert.Equal(StopRecord.User, outcome.Launch.Exit!.Stop?.By);
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(2, 15)]
    public async Task Agent_whose_shims_socket_belongs_to_another_process_is_ended_and_the_shim_records_the_true_end(int seconds, int signal)
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600");
        await shim.Printed("UP");
        using var mute = ListenInstead(shim);

        var outcome = await shim.Stop(TimeSpan.FromSeconds(seconds)).WaitAsync(Deadline, Token);

        Assert.True(outcome.IsOver);
        Assert.Equal((ExitHows.Signaled, signal, StopRecord.User), (outcome.Launch.Exit!.How, outcome.Launch.Exit.Signal, outcome.Launch.Exit.Stop?.By));
        Assert.Contains(outcome.Asked, static what => what.Contains("which does not answer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Socket_of_another_process_is_not_taken_for_the_shims()
    {
        await using var shim = await RunningShim.Start("exec sleep 600");
        using var mute = ListenInstead(shim);

        Assert.Null(await ShimConnection.TryOpen(shim.Store.Places, shim.Id, Token).WaitAsync(Deadline, Token));
    }

    [Fact]
    public async Task Every_request_to_a_stopped_shim_ends_in_time()
    {
        await using var shim = await RunningShim.Start("echo UP; while read -r line; do echo \"got $line\"; done", StdinMode.Open);
        await shim.Printed("UP");
        using var asking = await shim.Connect();
        using var writing = await shim.Connect();
        await Halt(shim);

        Assert.Null(await asking.Status(Token).WaitAsync(Deadline, Token));
        Assert.True(asking.IsSilent);
        Assert.Contains("does not answer", await writing.Write("k1", "hello\n", Token).WaitAsync(Deadline, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_to_a_request_whose_caller_gave_up_is_not_taken_for_the_next_ones()
    {
        await using var shim = await RunningShim.Start("echo UP; while read -r line; do echo \"got $line\"; done", StdinMode.Open);
        await shim.Printed("UP");
        using var connection = await shim.Connect();
        await Halt(shim);
        using (var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connection.Write("k1", "hello\n", impatient.Token));
        }

        await Signals.Send("CONT", shim.Shim);

        Assert.Equal(shim.Launch.Agent!.Pid, (await connection.Status(Token))?.Pid);
        Assert.Null(await connection.Write("k1", "hello\n", Token));
        await connection.CloseInput(Token);
        await shim.Ended();
        Assert.Equal("UP\ngot hello\n", shim.Output);
    }

    [Fact]
    public async Task Hundreds_of_connections_cost_no_processor_time_and_keep_nobody_out()
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600", descriptorLimit: 256);
        await shim.Printed("UP");
        var connections = new List<Socket>();
        using (var name = UnixSocketName.TryOpen(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Socket))!)
        {
            for (var i = 0; i < 310; i++)
            {
                var one = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
                connections.Add(one);
                await Eventually.True("room in the socket's queue", Deadline, () => TryConnect(one, name));
            }
        }

        var before = shim.Shim.ThreadTimes();
        await Task.Delay(1000, Token);
        Assert.InRange(shim.Shim.UsedSince(before), TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        var clock = new MachineClock();
        Assert.True((await shim.Stop(TimeSpan.Zero).WaitAsync(Deadline, Token)).IsOver);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        connections.ForEach(static one => one.Dispose());
    }

    [Fact]
    public async Task Agent_starts_within_a_limit_of_64_open_files()
    {
        await using var shim = await RunningShim.Start("ulimit -n; exit 3", descriptorLimit: 64);
        Assert.Equal(3, (await shim.Ended()).ExitCode);
        Assert.Equal("64\n", shim.Output);
    }

    [Fact]
    public async Task Limit_of_output_that_a_reader_needs_holds_without_a_cap()
    {
        await using var shim = await RunningShim.Start("while :; do head -c 1000000 /dev/zero; done", output: (Cap: 0, Limit: 4 << 20));
        Assert.Equal(StopRecord.OutputLimit, (await shim.Ended()).Stop?.By);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(400)]
    public async Task Stop_takes_a_deadline_of_days(int days)
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600");
        await shim.Printed("UP");
        var outcome = await shim.Stop(TimeSpan.FromDays(days)).WaitAsync(Deadline, Token);
        Assert.Equal((true, 15), (outcome.IsOver, outcome.Launch.Exit!.Signal));
        Assert.StartsWith("the shim (pid", Assert.Single(outcome.Asked), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stray_process_that_locks_the_lease_keeps_nobody_from_recording_the_end()
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600");
        await shim.Printed("UP");
        var (owner, agent) = (shim.Shim, shim.Agent);
        var folder = shim.Store.Places.Of(shim.Id);
        using var stray = Lease.TryTake(Path.Combine(folder, LaunchFiles.Lease), offset: 2);
        Assert.NotNull(stray);
        await Signals.Send("KILL", owner);
        await Signals.Send("KILL", agent);
        await Eventually.True("both to be gone", Deadline, () => owner.Now() is null && agent.Now() is null);

        var outcome = await Task.Run(() => shim.Stop(TimeSpan.Zero), Token).WaitAsync(Deadline, Token);

        Assert.Equal((true, ExitHows.Lost), (outcome.IsOver, outcome.Launch.Exit!.How));
        Assert.True(File.Exists(Path.Combine(folder, LaunchFiles.Exit)));
    }

    private static async Task Halt(RunningShim shim)
    {
        await Signals.Send("STOP", shim.Shim);
        await Eventually.True("the shim to be stopped", Deadline, () => shim.Shim.State == 'T');
    }

    private static bool TryConnect(Socket socket, UnixSocketName name)
    {
        try
        {
            socket.Connect(name.EndPoint);
            return true;
        }
        catch (SocketException full) when (full.SocketErrorCode == SocketError.WouldBlock)
        {
            return false;
        }
    }

    /// <summary>What an agent can do to its shim: take the socket's name for itself, and never answer.</summary>
    private static Socket ListenInstead(RunningShim shim)
    {
        var path = Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Socket);
        File.Delete(path);
        using var name = UnixSocketName.TryOpen(path)!;
        var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(name.EndPoint);
        listening.Listen(8);
        return listening;
    }
}
