using Agentctl.Core;
using Agentctl.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class SocketWatchTests
{
    /// <summary>A timer's exception ends the process: a home that cannot be inspected for a moment ended the daemon.</summary>
    [Fact]
    public void Socket_that_cannot_be_inspected_is_neither_lost_nor_the_end_of_the_daemon()
    {
        using var root = new TempHome();
        var home = Path.Combine(root.Root, "home");
        Directory.CreateDirectory(home);
        using var socket = PublishedSocket.Bind(DaemonProtocol.SocketPath(home));
        socket.Publish();
        var clock = new FakeClock();
        var ends = 0;
        using var watch = SocketWatch.Start(home, socket, clock, () => Interlocked.Increment(ref ends), NullLogger.Instance);

        // A path that leads to itself: ELOOP, as EACCES or EIO would be for a user without rights or a broken disk.
        Directory.Move(home, home + ".moved");
        File.CreateSymbolicLink(home, home);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0, Volatile.Read(ref ends));

        File.Delete(home);
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(Volatile.Read(ref ends) > 0);
    }
}
