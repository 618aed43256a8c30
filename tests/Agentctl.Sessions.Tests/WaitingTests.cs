using System.Text.Json;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;
using static Agentctl.Sessions.Tests.ServiceFixture;

namespace Agentctl.Sessions.Tests;

public sealed class WaitingTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ServiceFixture fixture = new();

    public ValueTask DisposeAsync() => fixture.DisposeAsync();

    /// <summary>Its record was deleted while somebody waited for its end.</summary>
    [Fact]
    public async Task Session_whose_records_are_gone_has_ended()
    {
        var looks = 0;
        fixture.Claude.OnDiscover = (_, _) =>
        {
            Interlocked.Increment(ref looks);
            return Task.FromResult(new AdapterAnswer([Running("claude-code", "c1")], [], []));
        };
        var service = fixture.Start(watching: true);
        var waiting = service.Wait(new WaitOrder(["c1"]), TestContext.Current.CancellationToken);
        await Eventually.True("the feed's look and the wait's own", Deadline, () => Volatile.Read(ref looks) >= 2);

        fixture.Claude.Sees();

        var answer = Read(await Ended(waiting));
        Assert.False(answer.TimedOut);
        Assert.Equal([true], answer.Reached);
        Assert.Equal(("stopped", "vanished", false), (answer.Sessions[0].Status, answer.Sessions[0].Reason, answer.Sessions[0].Alive));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4294968)]
    [InlineData(1e308)]
    [InlineData(double.NaN)]
    public async Task Time_limit_that_no_timer_takes_is_refused(double seconds)
    {
        var service = fixture.Start(watching: false);

        var reply = await service.Wait(new WaitOrder(["c1"], TimeoutSeconds: seconds), TestContext.Current.CancellationToken);

        Assert.Equal(400, reply.Status);
        Assert.Contains("'timeoutSeconds' must be a number of seconds from 0 to 24 days.", System.Text.Encoding.UTF8.GetString(reply.Body.Span), StringComparison.Ordinal);
    }

    private static WaitDocument Read(ApiReply reply)
    {
        Assert.Equal(200, reply.Status);
        return JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.WaitDocument)!;
    }

    private async Task<ApiReply> Ended(Task<ApiReply> waiting)
    {
        await Eventually.True("the end of the wait", Deadline, () =>
        {
            fixture.Claude.Change();
            fixture.Clock.Advance(TimeSpan.FromMilliseconds(500));
            return waiting.IsCompleted;
        });
        return await waiting;
    }
}
