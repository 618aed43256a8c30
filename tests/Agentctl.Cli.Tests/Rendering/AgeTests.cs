using Agentctl.Cli.Rendering;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

public sealed class AgeTests
{
    [Theory]
    [InlineData(7200, "2 h")]
    [InlineData(7199.98, "2 h")]
    [InlineData(7140, "1 h 59 min")]
    [InlineData(299.5, "5 min")]
    [InlineData(1.2, "2 s")]
    [InlineData(172800, "2 d")]
    [InlineData(-5, "0 s")]
    public void Time_that_is_left_is_not_rounded_down(double seconds, string expected) =>
        Assert.Equal(expected, Age.Left(TimeSpan.FromSeconds(seconds)));
}
