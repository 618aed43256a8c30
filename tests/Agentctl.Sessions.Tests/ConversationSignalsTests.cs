using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>Signals of sessions that come and go, also when another process removes their records.</summary>
public sealed class ConversationSignalsTests
{
    [Fact]
    public void Nothing_is_kept_of_sessions_that_nobody_follows()
    {
        var signals = new ConversationSignals();
        for (var i = 0; i < 1000; i++)
        {
            var session = $"{i:d12}";
            signals.Raise(session);
            using var one = signals.Follow(session);
            using var another = signals.Follow(session);
            Assert.Same(one.Signal, another.Signal);
            signals.Raise(session);
        }

        Assert.Equal(0, signals.Count);
    }

    [Fact]
    public void Follower_hears_a_signal_until_the_last_one_leaves()
    {
        var signals = new ConversationSignals();
        var heard = 0;
        using var first = signals.Follow("0k3n8v4w2r7p");
        using (first.Signal.Listen(() => heard++))
        {
            using (signals.Follow("0k3n8v4w2r7p"))
            {
                // Leaves while the first one still follows.
            }

            signals.Raise("0k3n8v4w2r7p");
        }

        Assert.Equal(1, heard);
        first.Dispose();
        first.Dispose();
        Assert.Equal(0, signals.Count);
    }
}
