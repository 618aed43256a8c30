using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ExitWatchTests
{
    /// <summary>What is told at all is told in milliseconds; a machine that is busy with other tests may take its time.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task End_of_a_process_that_is_not_our_child_is_told()
    {
        // The parent leaves the zombie unreaped: it has ended all the same.
        using var parent = Child.Start("sh", "-c", "sleep 600 & echo $!; read line");
        var pid = int.Parse(await parent.Line());
        using var watch = ExitWatch.Start();
        var ended = new TaskCompletionSource();
        Assert.NotNull(watch.TryWatch(ProcessTable.Take().Find(pid)!.Identity, ended.SetResult));
        await Signals.Send("KILL", ProcessStat.Read(pid)!);
        await ended.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task Process_that_is_gone_already_is_not_watched()
    {
        using var watch = ExitWatch.Start();
        using var child = Child.Start("sleep", "600");
        var identity = child.Identity;
        await child.Kill();
        Assert.Null(watch.TryWatch(identity, () => Assert.Fail("called")));
    }

    [Fact]
    public async Task Zombie_is_not_watched()
    {
        using var parent = Child.Start("perl", "-e", "$| = 1; my $p = fork; if (!$p) { <STDIN>; exit } print qq($p\\n); sleep 600");
        var identity = ProcessTable.Take().Find(int.Parse(await parent.Line()))!.Identity;
        parent.CloseInput();
        await Eventually.True("the zombie", Soon, () => ProcessStat.Read(identity.Pid)?.State == 'Z');
        using var watch = ExitWatch.Start();
        Assert.Null(watch.TryWatch(identity, () => Assert.Fail("called")));
    }

    [Fact]
    public void Identity_with_another_start_or_of_another_boot_is_gone()
    {
        using var watch = ExitWatch.Start();
        var me = ProcessTable.Take().Find(Environment.ProcessId)!.Identity;
        Assert.Null(watch.TryWatch(me with { StartTicks = me.StartTicks - 1 }, () => { }));
        Assert.Null(watch.TryWatch(me with { BootId = "another" }, () => { }));
    }

    [Fact]
    public void Identity_of_another_host_or_namespace_cannot_be_watched()
    {
        using var watch = ExitWatch.Start();
        var me = ProcessTable.Take().Find(Environment.ProcessId)!.Identity;
        Assert.Throws<CannotLookException>(() => watch.TryWatch(me with { Host = "elsewhere" }, () => { }));
        Assert.Throws<CannotLookException>(() => watch.TryWatch(me with { PidNamespace = 1 }, () => { }));
    }

    [Fact]
    public async Task Registration_that_was_disposed_is_not_called()
    {
        using var watch = ExitWatch.Start();
        using var child = Child.Start("sleep", "600");
        using var other = Child.Start("sleep", "600");
        watch.TryWatch(child.Identity, () => Assert.Fail("called"))!.Dispose();
        var ended = new TaskCompletionSource();
        using var kept = watch.TryWatch(other.Identity, ended.SetResult);
        await child.Kill();
        await other.Kill();
        await ended.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task Callback_that_blocks_delays_no_other()
    {
        using var watch = ExitWatch.Start();
        using var slow = Child.Start("sleep", "600");
        using var quick = Child.Start("sleep", "600");
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource();
        using var first = watch.TryWatch(slow.Identity, () =>
        {
            blocked.SetResult();
            release.Wait(TimeSpan.FromSeconds(10));
        });
        var ended = new TaskCompletionSource();
        using var second = watch.TryWatch(quick.Identity, ended.SetResult);
        await slow.Kill();
        await blocked.Task.WaitAsync(Soon);
        await quick.Kill();
        await ended.Task.WaitAsync(Soon);
        release.Set();
    }

    [Fact]
    public async Task Hundred_watched_processes_leave_no_descriptor_and_no_thread_behind()
    {
        // The parent is not us: Process keeps descriptors of its own.
        using var parent = Child.Start("bash", "-c", "for i in {1..100}; do sleep 600 & echo $!; done; read line; kill $(jobs -p); wait; echo ended; read line");
        var pids = new List<int>();
        for (var i = 0; i < 100; i++)
        {
            pids.Add(int.Parse(await parent.Line()));
        }

        var table = ProcessTable.Take();
        var called = 0;
        var all = new TaskCompletionSource();
        using (var watch = ExitWatch.Start())
        {
            foreach (var pid in pids)
            {
                Assert.NotNull(watch.TryWatch(table.Find(pid)!.Identity, () =>
                {
                    if (Interlocked.Increment(ref called) == 100)
                    {
                        all.SetResult();
                    }
                }));
            }

            var descriptors = DescriptorsOf(pids);
            Assert.Equal(100, descriptors.Count);
            await parent.Type("\n");
            await all.Task.WaitAsync(Soon);
            Assert.Equal("ended", await parent.Line());
            // A descriptor of a process that is gone for good tells pid -1.
            await Eventually.See("all of them closed", Soon, () => DescriptorsOf([-1]).Intersect(descriptors).Count(), left => left == 0);
        }

        Assert.Equal(100, called);
    }

    /// <summary>Our pidfds of these processes.</summary>
    private static List<string> DescriptorsOf(IEnumerable<int> pids) =>
        [.. Directory.EnumerateFiles("/proc/self/fdinfo").Where(path => Read(path) is var text && pids.Any(pid => text.Contains($"\nPid:\t{pid}\n", StringComparison.Ordinal)))];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return ""; // closed by another test meanwhile
        }
    }
}
