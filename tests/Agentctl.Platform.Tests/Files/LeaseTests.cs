using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class LeaseTests
{
    [Fact]
    public void Lease_is_held_until_given_back()
    {
        using var folder = new TemporaryFolder();
        var path = folder["lease"];
        Assert.False(Lease.IsHeld(path));
        using (var lease = Lease.TryTake(path))
        {
            Assert.NotNull(lease);
            Assert.True(Lease.IsHeld(path));
            Assert.Null(Lease.TryTake(path));
        }

        Assert.False(Lease.IsHeld(path));
        using var again = Lease.TryTake(path);
        Assert.NotNull(again);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Waiting_for_a_lease_that_is_not_given_back_ends_with_the_files_name()
    {
        using var folder = new TemporaryFolder();
        using var holder = Lease.TryTake(folder["lease"]);
        var late = Assert.Throws<IOException>(() => Lease.Wait(folder["lease"], 0, TimeSpan.FromMilliseconds(100)));
        Assert.Contains(folder["lease"], late.Message, StringComparison.Ordinal);
    }

    /// <summary>Each wait that was given up left a thread behind for as long as somebody kept the lock.</summary>
    [Fact]
    public async Task Waits_that_are_given_up_share_one_thread_and_the_next_waiter_gets_the_lease()
    {
        using var folder = new TemporaryFolder();
        var holder = Lease.TryTake(folder["lease"])!;
        var before = LeaseWaiters.Threads;
        for (var i = 0; i < 20; i++)
        {
            using var giveUp = new CancellationTokenSource();
            var wait = Lease.Take(folder["lease"], giveUp.Token);
            await giveUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        }

        Assert.True(LeaseWaiters.Threads <= before + 1, $"{LeaseWaiters.Threads} threads, {before} before");
        var first = Lease.Take(folder["lease"], CancellationToken.None);
        var second = Lease.Take(folder["lease"], CancellationToken.None);
        holder.Dispose();
        (await first.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(20))).Dispose();
        await Eventually.True("no thread left", TimeSpan.FromSeconds(20), () => !Lease.IsHeld(folder["lease"]));
    }

    [Fact]
    public void Bytes_of_one_file_are_leases_of_their_own()
    {
        using var folder = new TemporaryFolder();
        using var first = Lease.TryTake(folder["lease"], 0);
        using var second = Lease.TryTake(folder["lease"], 1);
        Assert.NotNull(second);
        second.Dispose();
        Assert.True(Lease.IsHeld(folder["lease"], 0));
        Assert.False(Lease.IsHeld(folder["lease"], 1));
    }

    [Fact]
    public async Task Lease_ends_with_kill_9_of_its_holder()
    {
        using var folder = new TemporaryFolder();
        using var holder = Child.Start(Probe.Command("lease", folder["lease"], "0"));
        Assert.Equal("taken", await holder.Line());
        Assert.True(Lease.IsHeld(folder["lease"]));
        Assert.Null(Lease.TryTake(folder["lease"]));
        await holder.Kill();
        Assert.False(Lease.IsHeld(folder["lease"]));
        using var mine = Lease.TryTake(folder["lease"]);
        Assert.NotNull(mine);
    }

    [Fact]
    public async Task Child_process_does_not_inherit_the_lease()
    {
        using var folder = new TemporaryFolder();
        Child child;
        using (Lease.TryTake(folder["lease"]))
        {
            child = Child.Start("sh", "-c", "echo; read line");
            await child.Line();
        }

        using (child)
        {
            Assert.False(Lease.IsHeld(folder["lease"]));
        }
    }

    [Fact]
    public async Task Looking_never_makes_a_free_lease_look_held()
    {
        using var folder = new TemporaryFolder();
        Lease.TryTake(folder["lease"])!.Dispose();
        var looks = Enumerable.Range(0, 4).Select(_ => Task.Run(() => Enumerable.Range(0, 5_000).Count(_ => Lease.IsHeld(folder["lease"]))));
        Assert.Equal(0, (await Task.WhenAll(looks)).Sum());
    }

    [Fact]
    public void Lease_on_a_file_that_was_removed_is_not_the_lease()
    {
        using var folder = new TemporaryFolder();
        using var old = Lease.TryTake(folder["lease"]);
        File.Delete(folder["lease"]);
        using var current = Lease.TryTake(folder["lease"]);
        Assert.NotNull(current);
        Assert.True(Lease.IsHeld(folder["lease"]));
    }

    [Fact]
    public async Task Lease_has_one_holder_even_when_its_file_is_removed_and_made_again()
    {
        using var folder = new TemporaryFolder();
        var (holders, taken) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 3_000; i++)
            {
                using var lease = Lease.TryTake(folder["lease"]);
                if (lease is null)
                {
                    continue;
                }

                Assert.Equal(1, Interlocked.Increment(ref holders));
                Interlocked.Increment(ref taken);
                Interlocked.Decrement(ref holders);
                File.Delete(folder["lease"]);
            }
        })));
        Assert.NotEqual(0, taken);
    }

    [Fact]
    public async Task Read_only_lease_file_can_be_looked_at()
    {
        Requirement.That(Environment.UserName == "root", "root, to become another user");
        using var folder = new TemporaryFolder();
        using var lease = Lease.TryTake(folder["lease"]);
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(folder["lease"], (UnixFileMode)0x1A4);
        Assert.Equal("True", (await Child.Run(["setpriv", "--reuid", "65534", "--clear-groups", .. Probe.Command("is-held", folder["lease"])])).Trim());
    }

    [Fact]
    public void Symbolic_link_is_no_lease()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["lease"], folder.Write("target", ""));
        Assert.ThrowsAny<IOException>(() => Lease.TryTake(folder["lease"]));
    }

    [Fact]
    public void Missing_directory_is_an_error_and_not_a_held_lease()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsAny<IOException>(() => Lease.TryTake(folder["absent/lease"]));
        Assert.False(Lease.IsHeld(folder["absent/lease"]));
    }
}
