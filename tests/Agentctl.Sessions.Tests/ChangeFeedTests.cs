using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Sessions.Tests;

/// <summary>The feed goes on whatever its looks throw, and loses no event by it.</summary>
public sealed class ChangeFeedTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly FakeClock clock = new();
    private readonly ChangeSignal signal = new();
    private readonly BackgroundLoops loops;
    private readonly ChangeFeed feed;
    private volatile FeedLook seen = Look();
    private Func<FeedLook> look;
    private Func<string, SessionRow?> find = static _ => null;

    public ChangeFeedTests()
    {
        look = () => seen;
        loops = new BackgroundLoops(clock);
        feed = new ChangeFeed(signal, _ => Task.FromResult(look()), (name, _) => Task.FromResult(find(name)), loops, clock);
    }

    public ValueTask DisposeAsync() => feed.DisposeAsync();

    [Fact]
    public async Task Look_that_throws_what_nobody_expects_does_not_end_the_feed()
    {
        var events = feed.Read(null, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        await Next(events);
        look = static () => throw new InvalidOperationException("a defect");
        await Ring(() => loops.Reports().Single() is { Name: "changes", Failures: 1 });

        look = () => seen;
        seen = Look(Row("a"));

        Assert.Equal(("session.started", "a"), await NextAfterRing(events));
        Assert.Equal("could not look for changes: a defect", loops.Reports().Single().LastFailure);
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(CannotLookException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task End_that_cannot_be_looked_up_is_told_later_and_delays_no_other_event(Type kind)
    {
        seen = Look(Row("a"), Row("b"));
        var events = feed.Read(null, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        await Next(events);
        find = name => name == "claude-code/a" ? throw (Exception)Activator.CreateInstance(kind, "damaged")! : Row("b", "stopped");
        seen = Look();

        Assert.Equal(("session.stopped", "b"), await NextAfterRing(events));

        find = static _ => Row("a", "stopped");
        Assert.Equal(("session.stopped", "a"), await NextAfterRing(events));
        Assert.Equal(0, loops.Reports().Single().Failures);
    }

    [Fact]
    public async Task First_look_that_fails_is_told_to_its_reader_and_the_next_reader_gets_a_snapshot()
    {
        look = static () => throw new InvalidOperationException("a defect");
        var first = feed.Read(null, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        await Assert.ThrowsAsync<InvalidOperationException>(() => first.MoveNextAsync().AsTask());

        look = () => seen;

        Assert.Equal("snapshot", (await Next(feed.Read(null, TestContext.Current.CancellationToken).GetAsyncEnumerator())).Type);
    }

    /// <summary>A ring during the very first look must be looked at afterwards.</summary>
    [Fact]
    public async Task Change_during_the_first_look_is_not_lost()
    {
        look = () =>
        {
            var before = seen;
            if (before.Sessions.Count == 0)
            {
                seen = Look(Row("a"));
                signal.Raise();
            }

            return before;
        };
        var events = feed.Read(null, TestContext.Current.CancellationToken).GetAsyncEnumerator();
        Assert.Empty((await Next(events)).Sessions!);

        var next = events.MoveNextAsync().AsTask();
        await Eventually.True("the event", Deadline, () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            return next.IsCompleted;
        });
        Assert.True(await next);
        Assert.Equal("session.started", events.Current.Type);
    }

    private static FeedLook Look(params SessionRow[] rows) => new(rows.ToDictionary(static row => $"{row.Adapter}/{row.Id}"), [], [], []);

    private static SessionRow Row(string id, string status = "running") => new()
    {
        Id = id,
        Adapter = "claude-code",
        Status = status,
        Alive = status == "running",
        Owner = "terminal",
        Meta = new Dictionary<string, string>(),
        Evidence = new RowEvidence("test", "said so", ServiceFixture.Then),
    };

    private static async Task<EventDocument> Next(IAsyncEnumerator<EventDocument> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Deadline));
        return events.Current;
    }

    private async Task<(string, string?)> NextAfterRing(IAsyncEnumerator<EventDocument> events)
    {
        var next = events.MoveNextAsync().AsTask();
        await Ring(() => next.IsCompleted);
        Assert.True(await next);
        return (events.Current.Type, events.Current.SessionId);
    }

    /// <summary>Announces one change; the feed rests before it listens again, which takes no time here.</summary>
    private async Task Ring(Func<bool> isSeen)
    {
        signal.Raise();
        await Eventually.True("what the ring brings", Deadline, () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            return isSeen();
        });
    }
}
