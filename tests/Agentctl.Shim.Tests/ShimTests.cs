using System.Net.Sockets;
using System.Text;
using Agentctl.Core;
using Agentctl.Launches;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Shim.Tests;

public sealed class ShimTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("exit 0", ExitHows.Exited, 0, null)]
    [InlineData("exit 42", ExitHows.Exited, 42, null)]
    [InlineData("kill -SEGV $$", ExitHows.Signaled, null, 11)]
    [InlineData("kill -KILL $$", ExitHows.Signaled, null, 9)]
    public async Task Exit_record_tells_the_true_end(string script, string how, int? code, int? signal)
    {
        await using var shim = await RunningShim.Start(script);
        var exit = await shim.Ended();
        Assert.Equal((how, code, signal, null), (exit.How, exit.ExitCode, exit.Signal, exit.Stop));
        Assert.True(exit.StartedAt <= exit.EndedAt);
    }

    [Fact]
    public async Task Agent_is_written_down_before_its_program_runs_and_begins_with_clean_signals_and_descriptors()
    {
        const string Script = """
            cat ../launches/*/agent.json launches/*/agent.json 2>/dev/null
            grep -E '^Sig(Blk|Ign)' /proc/self/status
            echo "session $(ps -o sid= -p $$ | tr -d ' ') $$"
            ls /proc/$$/fd | tr '\n' ' '
            echo END
            """;
        await using var shim = await RunningShim.Start(Script);
        var said = await shim.Printed("END");
        Assert.Contains($"\"pid\":{shim.Launch.Agent!.Pid}", said, StringComparison.Ordinal);
        Assert.Contains("SigBlk:\t0000000000000000", said, StringComparison.Ordinal);

        // Signals 32 and up are libc's and the kernel's own affair.
        var ignored = said.Split("SigIgn:\t")[1][..16];
        Assert.Equal(0UL, ulong.Parse(ignored, System.Globalization.NumberStyles.HexNumber, null) & 0x7fffffff);
        Assert.Contains($"session {shim.Launch.Agent.Pid} {shim.Launch.Agent.Pid}", said, StringComparison.Ordinal);
        Assert.Contains("0 1 2 3 ", said, StringComparison.Ordinal);
        await shim.Ended();
    }

    [Fact]
    public async Task Marker_of_a_living_launch_is_for_its_user_alone()
    {
        await using var shim = await RunningShim.Start("exec sleep 600");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(shim.Store.Places.LiveMarker(shim.Id)));
    }

    [Fact]
    public async Task Killed_shim_leaves_byte_1_to_its_agent()
    {
        await using var shim = await RunningShim.Start("exec sleep 600");
        var launch = shim.Launch;
        Assert.Equal((true, true), Lease.Look(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Lease)));
        Assert.True(ProcessSignal.TryKill(launch.ShimIdentity!.Value, out var problem), problem);
        await Testing.Eventually.True("byte 0 to be free", TimeSpan.FromSeconds(10), () => Lease.Look(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Lease)) == (false, true));

        var stopped = await shim.Stop(TimeSpan.FromSeconds(2));
        Assert.Equal((true, ExitHows.Lost, StopRecord.User), (stopped.IsOver, stopped.Launch.Exit!.How, stopped.Launch.Exit.Stop!.By));
    }

    [Fact]
    public async Task Request_to_stop_is_durable_before_the_first_signal()
    {
        await using var shim = await RunningShim.Start("trap 'cat launches/*/stop.json; echo; echo GOT; exit 0' TERM; echo UP; while :; do sleep 0.02; done");
        await shim.Printed("UP");
        var outcome = await shim.Stop(TimeSpan.FromSeconds(5));
        Assert.Contains("\"by\":\"user\"", shim.Output, StringComparison.Ordinal);
        Assert.Equal((ExitHows.Exited, 0, StopRecord.User), (outcome.Launch.Exit!.How, outcome.Launch.Exit.ExitCode, outcome.Launch.Exit.Stop!.By));
    }

    [Fact]
    public async Task Nobody_left_ends_the_tree_by_itself_and_somebody_attached_keeps_it()
    {
        await using var alone = await RunningShim.Start("echo UP; exec sleep 600", orphanAfter: TimeSpan.FromMilliseconds(300));
        var exit = await alone.Ended();
        Assert.Equal(StopRecord.Orphaned, exit.Stop!.By);

        await using var kept = await RunningShim.Start("echo UP; exec sleep 600", orphanAfter: TimeSpan.FromSeconds(2));
        using (var somebody = await kept.Connect())
        {
            await somebody.Attach(Token);
            await Task.Delay(2500, Token);
            Assert.True(kept.Launch.IsHeld);
        }

        Assert.Equal(StopRecord.Orphaned, (await kept.Ended()).Stop!.By);
    }

    /// <summary>It ends while it is asked to, and its record cannot be written: the disk is full, say.</summary>
    [Fact]
    public async Task End_that_cannot_be_written_is_tried_again_and_costs_nothing_meanwhile()
    {
        await using var shim = await RunningShim.Start("echo UP; cat; echo END", StdinMode.Open, orphanAfter: TimeSpan.FromSeconds(1));
        var (owner, agent) = (ProcessStat.Read(shim.Launch.Agent!.ShimPid)!, ProcessStat.Read(shim.Launch.Agent!.Pid)!);
        var inTheWay = Directory.CreateDirectory(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Exit));
        await shim.Printed("END");
        await Eventually.True("the agent's end", TimeSpan.FromSeconds(10), () => agent.Now() is null);

        // Until it has tried twice more; a loop that does not rest uses all of that.
        var before = owner.ThreadTimes();
        await Task.Delay(2200, Token);
        Assert.InRange(owner.UsedSince(before), TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
        Assert.NotNull(owner.Now());
        inTheWay.Delete();
        Assert.Equal(StopRecord.Orphaned, (await shim.Ended()).Stop!.By);
    }

    [Fact]
    public async Task Launch_whose_directory_was_removed_is_over_with_its_agent()
    {
        await using var shim = await RunningShim.Start("echo UP; exec sleep 600");
        var (owner, agent) = (ProcessStat.Read(shim.Launch.Agent!.ShimPid)!, ProcessStat.Read(shim.Launch.Agent!.Pid)!);
        Directory.Delete(shim.Store.Places.Of(shim.Id), recursive: true);
        await Signals.Send("KILL", agent);
        await Eventually.True("the shim's end", TimeSpan.FromSeconds(10), () => owner.Now() is null);
        Assert.Empty(Directory.GetFiles(Path.Combine(shim.Home, "live")));
    }

    [Fact]
    public async Task Open_input_takes_whole_messages_once_for_each_key()
    {
        await using var shim = await RunningShim.Start("while read -r line; do echo \"got ${#line} ${line:0:5}\"; done; echo END", StdinMode.Open, "first\n");
        await shim.Printed("got 5 first");
        using (var connection = await shim.Connect())
        {
            Assert.Null(await connection.Write("k1", new string('a', 300_000) + "\n", Token));
            Assert.Null(await connection.Write("k1", "the same key again\n", Token));
            Assert.Null(await connection.Write("k2", "bbbbb\n", Token));
        }

        var said = await shim.Printed("got 5 bbbbb");
        Assert.Contains("got 300000 aaaaa", said, StringComparison.Ordinal);
        Assert.DoesNotContain("the s", said, StringComparison.Ordinal);
        Assert.Equal(["first 6", "k1 300001", "k2 6"], shim.Record(LaunchFiles.InputKeys).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        using var last = await shim.Connect();
        await last.CloseInput(Token);
        await shim.Printed("END");
    }

    [Fact]
    public async Task Half_a_message_writes_nothing()
    {
        await using var shim = await RunningShim.Start("echo UP; while read -r line; do echo \"got $line\"; done", StdinMode.Open);
        await shim.Printed("UP");
        using (var name = UnixSocketName.TryOpen(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Socket))!)
        using (var raw = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await raw.ConnectAsync(name.EndPoint, Token);
            await raw.SendAsync(Encoding.UTF8.GetBytes("input half 100\nonly the beginning\n"), Token);
        }

        using var connection = await shim.Connect();
        Assert.Null(await connection.Write("whole", "after it\n", Token));
        await shim.Printed("got after it");
        Assert.DoesNotContain("beginning", shim.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nonsense_on_the_socket_is_refused_and_changes_nothing()
    {
        await using var shim = await RunningShim.Start("exec sleep 600");
        using var name = UnixSocketName.TryOpen(Path.Combine(shim.Store.Places.Of(shim.Id), LaunchFiles.Socket))!;
        foreach (var nonsense in (string[])["", "stop", "stop -1 user", "stop x user", "input k 99999999999", "input", "attach now", "GET / HTTP/1.1\r", new string('x', 8000)])
        {
            using var raw = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await raw.ConnectAsync(name.EndPoint, Token);
            await raw.SendAsync(Encoding.UTF8.GetBytes(nonsense + "\n"), Token);
            var answer = new byte[256];
            int length;
            try
            {
                length = await raw.ReceiveAsync(answer, Token);
            }
            catch (SocketException)
            {
                length = 0;
            }

            Assert.True(length == 0 || Encoding.UTF8.GetString(answer, 0, length).StartsWith("refused ", StringComparison.Ordinal), $"'{nonsense[..Math.Min(20, nonsense.Length)]}'");
        }

        using var connection = await shim.Connect();
        Assert.Equal((shim.Launch.Agent!.Pid, false), await connection.Status(Token) is { } status ? (status.Pid, status.IsStopping) : default);
    }

    [Theory]
    [InlineData("/no/such/directory", "cannot work in")]
    public async Task Directory_that_went_away_is_said_in_the_same_call(string cwd, string why)
    {
        var home = Directory.CreateTempSubdirectory("shim-").FullName;
        using var store = new LaunchStore(home);
        var undertaker = new Undertaker(store.Places, new LaunchHooks(store.Places, null, new Dictionary<string, string>()));
        var settings = new LaunchSettings(Repository.Built("Agentctl.Shim", "agentctl-shim"), LaunchLimits.None, DirectoryRule.Exact);
        var locks = new DirectoryLocks(store.Places, TimeProvider.System);
        var outcome = await new Launcher(store, undertaker, locks, new QueuedLaunches(store, undertaker, locks, settings), settings, TimeProvider.System).Start(
            new LaunchRequest
            {
                Adapter = "script", Plan = new LaunchPlan { Program = "/bin/true", Arguments = [], PermissionMode = "none" }, Cwd = cwd, Prompt = "none",
                Environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? ""),
            },
            Token);
        Assert.Contains(why, Assert.IsType<LaunchOutcome.Failed>(outcome).Problem, StringComparison.Ordinal);
        Assert.Empty(store.Ids());
        Directory.Delete(home, recursive: true);
    }
}
