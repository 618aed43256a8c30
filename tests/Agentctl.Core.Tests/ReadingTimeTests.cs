using Agentctl.Testing;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class ReadingTimeTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void While_there_is_time_everything_is_read()
    {
        var reading = ReadingTime.FromNow(TimeSpan.FromSeconds(1), clock);
        Assert.Equal(1000, Read(reading, 1000));
    }

    [Fact]
    public void First_records_of_each_adapter_are_read_on_a_slow_machine_too()
    {
        var reading = ReadingTime.FromNow(TimeSpan.FromSeconds(1), clock);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(32, Read(reading.ForOneAdapter(), 1000));
        Assert.Equal(32, Read(reading.ForOneAdapter(), 1000));
    }

    [Fact]
    public void Nothing_is_read_long_after_the_limit()
    {
        var reading = ReadingTime.FromNow(TimeSpan.FromSeconds(1), clock);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(0, Read(reading.ForOneAdapter(), 1000));
    }

    [Fact]
    public void Unlimited_has_no_end_and_none_no_beginning()
    {
        Assert.Equal(1000, Read(ReadingTime.Unlimited.ForOneAdapter(), 1000));
        Assert.Equal(0, Read(ReadingTime.None.ForOneAdapter(), 1000));
    }

    private static int Read(ReadingTime reading, int count) => Enumerable.Range(0, count).Count(_ => reading.MayRead());
}
