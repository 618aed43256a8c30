using System.Net.Sockets;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class UnixSocketNameTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(300)]
    public async Task Socket_at_any_path_is_bound_and_reached(int length)
    {
        using var folder = new TemporaryFolder();
        var directory = Path.Combine([folder.Path, .. Enumerable.Repeat(new string('d', 50), length / 50)]);
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "s");

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (var name = UnixSocketName.TryOpen(path)!)
        {
            listener.Bind(name.EndPoint);
        }

        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (var name = UnixSocketName.TryOpen(path)!)
        {
            await client.ConnectAsync(name.EndPoint).WaitAsync(TimeSpan.FromSeconds(10));
        }

        Assert.True(client.Connected);
        Assert.NotNull(UnixSocketName.InodeOf(path));
    }

    [Fact]
    public void Long_path_in_a_directory_that_is_not_there_is_nobody() =>
        Assert.Null(UnixSocketName.TryOpen("/nowhere/" + new string('x', 200) + "/s"));

    [Fact]
    public void Inode_of_what_is_not_there_is_none() => Assert.Null(UnixSocketName.InodeOf("/nowhere/s"));
}
