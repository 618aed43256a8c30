using System.Text;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Sessions.Tests;

public sealed class LockingTests : IAsyncDisposable
{
    private readonly ServiceFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    /// <summary>A daemon took the lock and died before it answered: the order comes again, to another daemon or to this process.</summary>
    [Fact]
    public async Task Lock_order_that_comes_again_finds_its_own_lock()
    {
        Directory.CreateDirectory(fixture.AgentctlHome);
        var order = new LockOrder(fixture.AgentctlHome, By: "ann", Id: LaunchId.New());

        Assert.Equal(200, (await Take(order)).Status);
        Assert.Equal(200, (await Take(order)).Status);
        Assert.Equal(409, (await Take(order with { Id = LaunchId.New() })).Status);
        Assert.Equal(409, (await Take(order with { Id = null })).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    public async Task Id_that_is_none_is_refused(string id)
    {
        var reply = await Take(new LockOrder("/", Id: id));

        Assert.Equal(400, reply.Status);
        Assert.Contains("'id'", Encoding.UTF8.GetString(reply.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_directory_is_refused()
    {
        var service = fixture.Start(watching: false);

        Assert.Equal(400, (await Take(new LockOrder(""))).Status);
        Assert.Equal(400, (await service.ReleaseLock("", TestContext.Current.CancellationToken)).Status);
    }

    private Task<ApiReply> Take(LockOrder order) => fixture.Start(watching: false).TakeLock(order, TestContext.Current.CancellationToken);
}
