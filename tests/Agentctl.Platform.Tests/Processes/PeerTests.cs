using System.Net.Sockets;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class PeerTests
{
    [Fact]
    public async Task Peer_of_a_unix_socket_is_the_process_that_connected()
    {
        using var folder = new TemporaryFolder();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder["s"]));
        listener.Listen();
        using var child = Child.Start(
            "perl", "-MSocket", "-e", "socket(my $s, PF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un($ARGV[0])) or die; <STDIN>", folder["s"]);
        using var peer = await listener.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(10));
        var me = ProcessTable.Take().UserId;
        var (pid, uid, _) = Peer.CredentialsOf(peer);
        Assert.Equal((child.Pid, me), (pid, uid));
    }
}
