using Agentctl.Core;
using Agentctl.Testing;
using Xunit;
using static Agentctl.Sessions.Tests.ServiceFixture;

namespace Agentctl.Sessions.Tests;

/// <summary>Laws L5 and L6: a failed adapter is visible and harmless; unknown is a legal, bounded answer.</summary>
public sealed class FailingAdapterTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task L5_what_ran_when_the_adapter_last_answered_is_unknown_and_never_stopped()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.Sees(Running("openclaw", "g1"), Seen("openclaw", "g2", Holder.None, Signal.Done));
        var service = fixture.Start(watching: true);
        await List(service);

        fixture.Gateway.CannotLook("the gateway refused the connection");
        var list = await List(service, new ListQuery(All: true));

        var row = Assert.Single(list.Sessions);
        Assert.Equal(("g1", "unknown", "adapter-failed"), (row.Id, row.Status, row.Reason));
        Assert.Equal(fixture.Clock.GetUtcNow(), row.Evidence.ObservedAt);
        Assert.Contains("was running", row.Evidence.Fact, StringComparison.Ordinal);
    }

    [Fact]
    public async Task L5_the_failure_stands_beside_the_rows_of_the_others()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Gateway.CannotLook("wrong token");

        var list = await List(fixture.Start(watching: false));

        Assert.Equal(["c1"], list.Sessions.Select(row => row.Id));
        var outcome = list.Adapters.Single(report => report.Adapter == "openclaw");
        Assert.Equal(("failed", "wrong token", null), (outcome.Status, outcome.Error, outcome.LastAnswerAt));
    }

    [Fact]
    public async Task A_bug_in_one_adapter_is_its_own_failure()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Gateway.OnDiscover = (_, _) => throw new InvalidOperationException("index was wrong");

        var list = await List(fixture.Start(watching: false));

        Assert.Single(list.Sessions);
        Assert.Contains("index was wrong", list.Adapters[1].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_memory_of_a_failing_adapter_survives_a_restart_and_is_the_same_without_a_daemon()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.Sees(Running("openclaw", "g1") with { Aliases = ["agent:main:main"] });
        await List(fixture.Start(watching: true));
        fixture.Gateway.CannotLook("down");

        var restarted = await List(fixture.Start(watching: true));
        var oneShot = await List(fixture.Start(watching: false));

        Assert.Equal("g1", Assert.Single(restarted.Sessions).Id);
        Assert.Equivalent(restarted.Sessions, oneShot.Sessions, strict: true);
    }

    [Fact]
    public async Task The_memory_of_a_failing_adapter_ends_after_a_day()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.Sees(Running("openclaw", "g1"));
        await List(fixture.Start(watching: true));
        fixture.Gateway.CannotLook("down");
        fixture.Clock.Advance(TimeSpan.FromHours(25));

        Assert.Empty((await List(fixture.Start(watching: false))).Sessions);
    }

    [Fact]
    public async Task W14_a_hanging_adapter_costs_its_deadline_once_and_then_answers_at_once()
    {
        var patient = new Dictionary<string, TimeSpan> { ["claude-code"] = TimeSpan.FromHours(1) };
        await using var fixture = new ServiceFixture { Config = new AgentctlConfig { AdapterTimeouts = patient } };
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Gateway.Hangs();
        var service = fixture.Start(watching: true);

        var first = List(service);
        await Eventually.True("the gateway's deadline", Deadline, () => fixture.Gateway.Asked == 1 && fixture.Clock.HasTimerWithin(TimeSpan.FromSeconds(5)));
        fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        var outcome = (await first.WaitAsync(Deadline)).Adapters[1];
        Assert.Equal("timed-out", outcome.Status);

        for (var i = 0; i < 100; i++)
        {
            // The clock stands still: a request that waited for the adapter would never come back.
            Assert.Single((await List(service).WaitAsync(Deadline)).Sessions);
        }

        Assert.Equal(1, fixture.Gateway.Asked);
    }

    [Theory]
    [InlineData(true, "1 older session is still being read")]
    [InlineData(false, "1 older session was not read, for want of time")]
    public async Task What_there_was_no_time_to_read_is_counted_and_read_in_the_background(bool withDaemon, string told)
    {
        await using var fixture = new ServiceFixture();
        var isRead = false;
        fixture.Gateway.OnDiscover = (context, _) =>
        {
            isRead |= ReferenceEquals(context.Reading, ReadingTime.Unlimited);
            IReadOnlyList<Sighting> seen = isRead ? [Running("openclaw", "g1"), Running("openclaw", "g2")] : [Running("openclaw", "g1")];
            return Task.FromResult(new AdapterAnswer(seen, [], []) { Unread = isRead ? 0 : 1 });
        };
        var service = fixture.Start(watching: withDaemon);

        var first = await List(service, new ListQuery(All: true));
        Assert.Single(first.Sessions);
        Assert.Contains(told, Assert.Single(first.Adapters[1].Problems), StringComparison.Ordinal);
        if (withDaemon)
        {
            await Eventually.See("both rows", Deadline, async () => (await List(service, new ListQuery(All: true))).Sessions.Count, static count => count == 2);
        }

        Assert.Equal(withDaemon, isRead);
    }

    [Fact]
    public async Task Who_asks_is_not_kept_waiting_for_a_retry_that_is_far_away()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.CannotLook("down");
        var service = fixture.Start(watching: true);
        await List(service);
        foreach (var (tries, wait) in ((int, int)[])[(2, 1), (3, 2), (4, 4)])
        {
            await Eventually.True("the retry to be due", Deadline, () => fixture.Clock.HasTimerWithin(TimeSpan.FromSeconds(wait)));
            fixture.Clock.Advance(TimeSpan.FromSeconds(wait));
            await Eventually.True($"try {tries}", Deadline, () => fixture.Gateway.Asked == tries);
        }

        // The next is eight seconds away, and the clock stands still from now on.
        fixture.Gateway.Sees(Running("openclaw", "g1"));
        fixture.Clock.Advance(TimeSpan.FromSeconds(1.5));
        await Eventually.See("the recovered gateway's row", Deadline, async () => (await List(service)).Sessions.Count, static count => count == 1);
    }

    [Fact]
    public async Task A_failing_adapter_is_looked_at_again_in_the_background_and_then_believed()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.CannotLook("down");
        var service = fixture.Start(watching: true);
        await List(service);

        fixture.Gateway.Sees(Running("openclaw", "g1"));
        await Eventually.See("the recovered gateway's row", Deadline, async () =>
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await List(service)).Sessions.Count;
        }, count => count == 1);
    }

    [Fact]
    public async Task A_change_makes_a_failing_adapter_worth_a_look_before_its_retry()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.CannotLook("down");
        var service = fixture.Start(watching: true);
        await List(service);

        fixture.Gateway.Sees(Running("openclaw", "g1"));
        fixture.Gateway.Change();

        await Eventually.See("the recovered gateway's row", Deadline, async () => (await List(service)).Sessions.Count, count => count == 1);
    }

    [Fact]
    public async Task Not_found_says_where_it_could_not_look()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.CannotLook("wrong token");

        var reply = await fixture.Start(watching: false).Status("nope", TestContext.Current.CancellationToken);

        var problem = System.Text.Json.JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ProblemDocument)!;
        Assert.Equal((404, "/problems/not-found"), (problem.Status, problem.Type));
        Assert.Equal(["openclaw: wrong token"], problem.CouldNotLook);
    }

    [Fact]
    public async Task L6_an_unknown_session_is_listed_beside_the_active_and_counted_beside_them()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Gateway.Sees(Running("openclaw", "g1"));
        var service = fixture.Start(watching: true);
        await List(service);
        fixture.Gateway.CannotLook("down");

        var counts = await service.Count(TestContext.Current.CancellationToken);

        Assert.Equal((1, 1), (counts.Active, counts.Unknown));
        Assert.Equal(1, counts.ByAdapter["openclaw"]["unknown"]);
    }

    /// <summary>A question about one session once made every row of the adapter unknown.</summary>
    [Theory]
    [InlineData("could not look")]
    [InlineData("bug")]
    [InlineData("cancelled by itself")]
    [InlineData("never")]
    public async Task A_question_about_one_session_fails_alone(string how)
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"), Running("claude-code", "c2"));
        var asked = new TaskCompletionSource();
        fixture.Claude.OnCount = how switch
        {
            "could not look" => static _ => throw new CannotLookException("x.jsonl, line 3: it ends in the middle"),
            "bug" => static _ => throw new InvalidOperationException("index was wrong"),
            "cancelled by itself" => static _ => throw new OperationCanceledException("the pipe was closed"),
            _ => async token =>
            {
                asked.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return null;
            },
        };
        var service = fixture.Start(watching: true);
        await List(service);

        var question = service.Usage("claude-code/c1", TestContext.Current.CancellationToken);
        if (how == "never")
        {
            await asked.Task.WaitAsync(Deadline);
            await Eventually.True("the deadline of the question", Deadline, () => fixture.Clock.HasTimerWithin(TimeSpan.FromSeconds(5)));
            fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        var reply = await question.WaitAsync(Deadline);

        Assert.Equal("/problems/could-not-look", System.Text.Json.JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ProblemDocument)!.Type);
        var list = await List(service);
        Assert.Equal(["running", "running"], list.Sessions.Select(static row => row.Status));
        Assert.Equal("ok", list.Adapters.Single(static report => report.Adapter == "claude-code").Status);
        Assert.True((await service.Status("claude-code/c2", TestContext.Current.CancellationToken)).IsOk);
    }

    [Fact]
    public async Task A_cancellation_of_the_adapters_own_is_its_failure_and_no_one_elses()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Gateway.OnDiscover = static (_, _) => throw new TaskCanceledException("its socket was closed");

        var list = await List(fixture.Start(watching: false));

        Assert.Equal(["c1"], list.Sessions.Select(static row => row.Id));
        Assert.Contains("its socket was closed", list.Adapters.Single(static report => report.Adapter == "openclaw").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\nclaude-code/victim")]
    [InlineData("a\u001b]52;c;x\u0007")]
    [InlineData("")]
    public async Task An_id_that_is_not_printable_is_left_out_and_said(string id)
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"), Running("claude-code", id));

        var list = await List(fixture.Start(watching: false));

        Assert.Equal(["c1"], list.Sessions.Select(static row => row.Id));
        Assert.Contains("its id is not up to 256 characters of printable ASCII", Assert.Single(list.Adapters[0].Problems), StringComparison.Ordinal);
    }
}
