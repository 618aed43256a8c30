using System.Text.Json;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class TimeLimitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.001)]
    [InlineData(24 * 86400.0)]
    public void Limit_within_the_range_is_accepted(double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), TimeLimit.TryFromSeconds(seconds)!.Value.Length);

    [Theory]
    [InlineData(-0.001)]
    [InlineData((24 * 86400.0) + 1)]
    [InlineData(4294968)]
    [InlineData(9223372036854775808.0)]
    [InlineData(1e308)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Limit_outside_the_range_is_refused_with_the_field_and_the_range(double seconds)
    {
        Assert.Null(TimeLimit.TryFromSeconds(seconds));
        Assert.Equal("'timeoutSeconds' must be a number of seconds from 0 to 24 days.", TimeLimit.Wrong("timeoutSeconds", seconds, mayBeZero: true));
    }

    [Fact]
    public void Zero_is_refused_where_it_means_nothing()
    {
        Assert.NotNull(TimeLimit.Wrong("timeoutSeconds", 0));
        Assert.Null(TimeLimit.Wrong("timeoutSeconds", 0, mayBeZero: true));
        Assert.Null(TimeLimit.Wrong("timeoutSeconds", null));
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(-1, 0)]
    [InlineData(1e308, 24 * 86400.0)]
    [InlineData(double.PositiveInfinity, 24 * 86400.0)]
    [InlineData(90, 90)]
    public void Limit_from_a_record_always_fits_a_timer(double seconds, double expected)
    {
        var limit = TimeLimit.FromRecord(seconds);

        Assert.Equal(TimeSpan.FromSeconds(expected), limit);
        using var timer = TimeProvider.System.CreateTimer(static _ => { }, null, limit, Timeout.InfiniteTimeSpan);
        using var source = new CancellationTokenSource();
        source.CancelAfter(limit);
    }

    [Theory]
    [InlineData(3650 * 86400.0, true)]
    [InlineData((3650 * 86400.0) + 1, false)]
    [InlineData(double.NaN, false)]
    [InlineData(-1, false)]
    public void Lifetime_may_be_ten_years(double seconds, bool isAccepted) => Assert.Equal(isAccepted, Lifetime.TryFromSeconds(seconds) is not null);

    [Theory]
    [InlineData("""{"sessions":[],"timeoutSeconds":1e308}""")]
    [InlineData("""{"sessions":[],"timeoutSeconds":1e400}""")]
    [InlineData("""{"sessions":[],"timeoutSeconds":-1}""")]
    [InlineData("""{"sessions":[],"timeoutSeconds":9223372036854775808}""")]
    [InlineData("""{"sessions":[],"timeoutSeconds":"5"}""")]
    public void Request_with_a_limit_outside_the_range_fails_and_names_the_field(string json)
    {
        var wrong = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ApiJson.Default.WaitOrder));

        Assert.Equal("$.timeoutSeconds", wrong.Path);
        Assert.Contains("from 0 to 24 days", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_keeps_its_limit_through_json()
    {
        var order = new WaitOrder(["a"], TimeoutSeconds: 1.5);

        var read = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(order, ApiJson.Readable.WaitOrder), ApiJson.Default.WaitOrder)!;

        Assert.Equal(1.5, read.TimeoutSeconds);
        Assert.Null(JsonSerializer.Deserialize("""{"sessions":[],"timeoutSeconds":null}"""u8, ApiJson.Default.WaitOrder)!.TimeoutSeconds);
    }
}
