using Agentctl.Testing;
using Xunit;

namespace Agentctl.Platform.Tests;

public sealed class CoalescedCallsTests
{
    private readonly FakeClock _clock = new();
    private int _calls;

    private CoalescedCalls Calls() => new(() => _calls++, TimeSpan.FromMilliseconds(50), _clock);

    private void Advance(int ms) => _clock.Advance(TimeSpan.FromMilliseconds(ms));

    [Fact]
    public void Burst_gives_one_call_at_once_and_one_after_the_pause()
    {
        using var calls = Calls();
        calls.Signal();
        Advance(0);
        Assert.Equal(1, _calls);
        for (var i = 0; i < 100; i++)
        {
            calls.Signal();
        }

        Advance(49);
        Assert.Equal(1, _calls);
        Advance(1);
        Assert.Equal(2, _calls);
        Advance(1000);
        Assert.Equal(2, _calls);
    }

    [Fact]
    public void Signal_after_a_rest_is_called_at_once()
    {
        using var calls = Calls();
        calls.Signal();
        Advance(100);
        calls.Signal();
        Advance(0);
        Assert.Equal(2, _calls);
    }

    [Fact]
    public void Signal_during_a_call_is_not_lost()
    {
        CoalescedCalls? calls = null;
        using var made = calls = new CoalescedCalls(
            () =>
            {
                if (++_calls == 1)
                {
                    calls!.Signal();
                }
            }, TimeSpan.FromMilliseconds(50), _clock);
        calls.Signal();
        Advance(0);
        Advance(50);
        Assert.Equal(2, _calls);
    }

    [Fact]
    public void Nothing_is_called_after_the_end()
    {
        var calls = Calls();
        calls.Signal();
        calls.Dispose();
        calls.Signal();
        Advance(100);
        Assert.Equal(0, _calls);
    }
}
