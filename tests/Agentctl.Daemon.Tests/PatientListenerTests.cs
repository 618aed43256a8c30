using System.Buffers;
using System.Net.Sockets;
using Agentctl.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class PatientListenerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Kestrel's own listener accepts again at once, which takes a processor until a descriptor is free.</summary>
    [Fact]
    public async Task Listener_pauses_while_the_process_has_no_free_descriptor()
    {
        using var root = new TempHome();
        var place = new UnixDomainSocketEndPoint(Path.Combine(root.Root, "listener.sock"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(place);
        socket.Listen();
        var clock = new FakeClock();
        var attempts = 0;
        await using var listener = new PatientListener(
            socket, place, new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), NullLogger.Instance), MemoryPool<byte>.Shared, clock,
            token => Interlocked.Increment(ref attempts) <= 3 ? throw new SocketException((int)SocketError.TooManyOpenSockets) : socket.AcceptAsync(token));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(place, TestContext.Current.CancellationToken);

        var accepted = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        for (var failed = 1; failed <= 3; failed++)
        {
            await Eventually.True("a pause", Deadline, () => clock.HasTimerWithin(PatientListener.AfterFailure));
            Assert.Equal(failed, Volatile.Read(ref attempts));
            clock.Advance(PatientListener.AfterFailure);
        }

        await using var connection = await accepted.Within(Deadline);
        Assert.NotNull(connection);
    }
}
