using Agentctl.Cli.Commands;
using Xunit;

namespace Agentctl.Cli.Tests.Commands;

public sealed class DurationTests
{
    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("30s", 30)]
    [InlineData("30", 30)]
    [InlineData("1.5h", 5400)]
    [InlineData("5m", 300)]
    [InlineData("0", 0)]
    [InlineData("2d", 172800)]
    public void Length_of_time_is_read(string text, double seconds) => Assert.Equal(seconds, Duration.Parse(text)!.Value, 6);

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("soon")]
    [InlineData("1e9")]
    [InlineData("99999999999999999999d")]
    public void What_is_none_is_refused(string text) => Assert.Null(Duration.Parse(text));
}
