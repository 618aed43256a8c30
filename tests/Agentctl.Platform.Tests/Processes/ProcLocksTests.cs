using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class ProcLocksTests
{
    [Fact]
    public void Waiters_and_leases_hold_no_lock() => Assert.Equal(
        [new HeldLock("POSIX", 7, 131), new HeldLock("FLOCK", 4711, 393223), new HeldLock("OFDLCK", -1, 77)],
        ProcLocks.Parse("""
            1: POSIX  ADVISORY  WRITE 7 fe:01:131 0 EOF
            2: LEASE  ACTIVE    READ  9 fe:01:400 0 EOF
            3: FLOCK  ADVISORY  WRITE 4711 fe:01:393223 0 EOF
            3: -> FLOCK  ADVISORY  WRITE 4712 fe:01:393223 0 EOF
            4: OFDLCK ADVISORY  WRITE -1 00:1b:77 0 0

            """u8));

    [Fact]
    public async Task Flock_of_another_process_is_told_with_its_holder_and_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("thread.lock", "");
        using var holder = Child.Start("flock", "-x", "--no-fork", path, "sh", "-c", "echo held; read line");
        await holder.Line();
        using var waiter = Child.Start("flock", "-x", "--no-fork", path, "true");
        await Eventually.True("the waiter wait", TimeSpan.FromSeconds(5), () => File.ReadAllText("/proc/locks").Contains($"-> FLOCK  ADVISORY  WRITE {waiter.Pid} ", StringComparison.Ordinal));

        var inode = NativeFile.Stat(path)!.Value.Inode;
        Assert.Equal([new HeldLock("FLOCK", holder.Pid, inode)], ProcessTable.Take().HeldLocks.Where(l => l.Inode == inode));
    }
}
