using Xunit;

namespace Agentctl.Daemon.Tests;

public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData("Max open files            200                  524288               files     ", 200)]
    [InlineData("Max open files            unlimited            unlimited            files     ", int.MaxValue)]
    [InlineData("Max processes             63432                63432                processes ", 1024)]
    public void Limit_is_read_from_the_kernels_text(string line, int expected) => Assert.Equal(expected, ConnectionLimit.Descriptors(["Limit  Soft Limit", line]));
}
