using Agentctl.Cli.Commands;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Cli.Tests.Commands;

public sealed class SinceTests
{
    [Theory]
    [InlineData("90s", "2026-11-21T11:58:30Z")]
    [InlineData("30m", "2026-11-21T11:30:00Z")]
    [InlineData("3d", "2026-11-18T12:00:00Z")]
    [InlineData("2w", "2026-11-07T12:00:00Z")]
    [InlineData("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z")]
    [InlineData("2026-11-20T08:00:00+02:00", "2026-11-20T06:00:00Z")]
    public void Times_as_people_type_them(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected), Since.Parse(text, new FakeClock()));

    [Theory]
    [InlineData("soon")]
    [InlineData("3x")]
    [InlineData("-3d")]
    [InlineData("999999999w")]
    [InlineData("")]
    public void Anything_else_is_no_time(string text) => Assert.Null(Since.Parse(text, new FakeClock()));
}
