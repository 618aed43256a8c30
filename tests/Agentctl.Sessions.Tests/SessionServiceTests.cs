using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;
using Agentctl.Testing;
using Xunit;
using static Agentctl.Sessions.Tests.ServiceFixture;

namespace Agentctl.Sessions.Tests;

public sealed class SessionServiceTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Founding_incident_1_394_ghosts_of_a_gateway_are_not_active()
    {
        await using var fixture = new ServiceFixture();
        fixture.Gateway.Sees([.. Enumerable.Range(0, 394).Select(i => Seen("openclaw", $"cron-{i:D3}", Holder.None, Signal.Done))]);
        var service = fixture.Start(watching: true);

        Assert.Empty((await List(service)).Sessions);
        Assert.Equal(0, (await service.Count(Token)).Active);
        Assert.Equal(394, (await List(service, new ListQuery(All: true))).Sessions.Count);
    }

    [Fact]
    public async Task Founding_incident_2_status_is_the_row_of_the_list_byte_for_byte()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"), Seen("claude-code", "c2", Holder.Gone, Signal.Busy), Seen("claude-code", "c3", Holder.None, Signal.Failed));
        var service = fixture.Start(watching: false);
        var list = await service.List(new ListQuery(All: true), Token);
        using var document = JsonDocument.Parse(list.Whole());

        foreach (var row in document.RootElement.GetProperty("sessions").EnumerateArray())
        {
            var status = await service.Status(row.GetProperty("id").GetString()!, Token);
            Assert.Equal(row.GetRawText(), Encoding.UTF8.GetString(status.Body.Span));
        }
    }

    [Fact]
    public async Task Founding_incident_4_a_session_that_stopped_stays_in_the_list_of_all()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        var service = fixture.Start(watching: true);
        await List(service);

        fixture.Claude.Sees(Seen("claude-code", "c1", Holder.Gone, Signal.Busy));

        Assert.Empty((await List(service)).Sessions);
        Assert.Equal(("stopped", "vanished"), (await List(service, new ListQuery(All: true))).Sessions.Select(row => (row.Status, row.Reason)).Single());
    }

    [Fact]
    public async Task Who_needs_a_human_comes_first()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(
            Seen("claude-code", "idle", Holder.Process, Signal.Idle),
            Seen("claude-code", "running", Holder.Process, Signal.Busy),
            Seen("claude-code", "waiting", Holder.Process, Signal.Waiting),
            Seen("claude-code", "stopped", Holder.None, Signal.Done));

        var list = await List(fixture.Start(watching: false), new ListQuery(All: true));

        Assert.Equal(["waiting", "running", "idle", "stopped"], list.Sessions.Select(row => row.Id));
    }

    [Fact]
    public async Task W24_what_ended_before_the_window_is_not_listed_and_what_lives_is_whatever_its_age()
    {
        await using var fixture = new ServiceFixture();
        var old = fixture.Clock.GetUtcNow() - TimeSpan.FromDays(8);
        fixture.Claude.Sees(
            Seen("claude-code", "old-ended", Holder.None, Signal.Done) with { LastActivityAt = old },
            Seen("claude-code", "old-living", Holder.Process, Signal.Idle) with { LastActivityAt = old });

        var list = await List(fixture.Start(watching: false), new ListQuery(All: true));

        Assert.Equal(["old-living"], list.Sessions.Select(row => row.Id));
    }

    [Theory]
    [InlineData(SessionState.Stopped, "c2")]
    [InlineData(SessionState.Running, "c1")]
    public async Task A_state_filter_reaches_what_ended_too(SessionState state, string id)
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"), Seen("claude-code", "c2", Holder.None, Signal.Done));

        Assert.Equal([id], (await List(fixture.Start(watching: false), new ListQuery(Status: state))).Sessions.Select(row => row.Id));
    }

    [Fact]
    public async Task An_unknown_adapter_is_refused_before_anything_is_asked()
    {
        await using var fixture = new ServiceFixture();

        var reply = await fixture.Start(watching: false).List(new ListQuery(Adapter: "slate"), Token);

        Assert.Equal(400, reply.Status);
        Assert.Equal(0, fixture.Claude.Asked);
    }

    [Fact]
    public async Task An_adapter_filter_asks_only_that_one()
    {
        await using var fixture = new ServiceFixture();
        await List(fixture.Start(watching: false), new ListQuery(Adapter: "openclaw"));

        Assert.Equal((0, 1), (fixture.Claude.Asked, fixture.Gateway.Asked));
    }

    [Fact]
    public async Task Printed_ids_are_the_shortest_that_resolve()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "01a1fbb7-1603-7c00"), Seen("claude-code", "01a1fbb7-1604-7c00", Holder.None, Signal.Done));
        var service = fixture.Start(watching: false);

        var list = await List(service, new ListQuery(ShortIds: true));

        Assert.Equal(["01a1fbb7-1603"], list.ShortIds!);
        Assert.Equal(200, (await service.Status(list.ShortIds![0], Token)).Status);
    }

    [Fact]
    public async Task A_printed_id_grows_when_another_session_comes_to_share_it()
    {
        await using var fixture = new ServiceFixture();
        var one = Running("claude-code", "01a1fbb7-1603-7c00");
        fixture.Claude.Sees(one);
        var service = fixture.Start(watching: true);
        Assert.Equal(["01a1fbb7"], (await List(service, new ListQuery(ShortIds: true))).ShortIds!);

        fixture.Gateway.OtherNames.Add(new SessionName("01a1fbb7-1604", "01a1fbb7-1604"));
        fixture.Gateway.Change();

        Assert.Equal(["01a1fbb7-1603"], (await List(service, new ListQuery(ShortIds: true))).ShortIds!);
    }

    [Fact]
    public async Task What_ends_its_week_leaves_the_list_although_nothing_changed()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Seen("claude-code", "c1", Holder.None, Signal.Done));
        var service = fixture.Start(watching: true);
        Assert.Single((await List(service, new ListQuery(All: true))).Sessions);

        fixture.Clock.Advance(TimeSpan.FromDays(8));

        Assert.Empty((await List(service, new ListQuery(All: true))).Sessions);
    }

    [Fact]
    public async Task Explain_shows_every_piece_and_marks_the_one_that_decided()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Seen("claude-code", "c1", Holder.Gone, Signal.Busy) with
        {
            Facts = Seen("claude-code", "c1", Holder.Gone, Signal.Busy).Facts with
            {
                Others = [new Evidence("argv", "--session-id c0", Then)],
                NotKnown = ["its exit code"],
            },
        });

        var reply = await fixture.Start(watching: false).Explain("c1", Token);
        var explained = JsonSerializer.Deserialize(reply.Body.Span, ApiJson.Default.ExplainDocument)!;

        Assert.Equal(["holder", "signal", "other"], explained.Evidence.Select(piece => piece.Role));
        Assert.Equal([true, false, false], explained.Evidence.Select(piece => piece.Decided));
        Assert.Equal(["its exit code"], explained.NotKnown);
    }

    [Fact]
    public async Task A_followed_list_speaks_only_when_something_changed()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        var service = fixture.Start(watching: true);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var parts = (await service.FollowList(new ListQuery(), end.Token)).Parts.GetAsyncEnumerator(end.Token);
        Assert.True(await parts.MoveNextAsync().AsTask().WaitAsync(Deadline));

        var next = parts.MoveNextAsync().AsTask();
        var asked = fixture.Claude.Asked;
        fixture.Claude.Change();
        await Eventually.True("a look that finds nothing new", Deadline, () => fixture.AfterRest(() => fixture.Claude.Asked > asked));
        Assert.False(next.IsCompleted);

        fixture.Claude.Sees(Seen("claude-code", "c1", Holder.Process, Signal.Waiting));
        fixture.Claude.Change();
        await Eventually.True("the change", Deadline, () => fixture.AfterRest(() => next.IsCompleted));
        Assert.True(await next);
        Assert.Contains("waiting", Encoding.UTF8.GetString(parts.Current.Span), StringComparison.Ordinal);

        var last = parts.MoveNextAsync().AsTask();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last.WaitAsync(Deadline));
    }

    /// <summary>No file tells of a kill -9, so every process that holds a session is watched, whichever list was asked for last.</summary>
    [Fact]
    public async Task An_end_that_no_file_tells_is_told_although_somebody_has_listed_others_since()
    {
        await using var fixture = new ServiceFixture();
        using var agent = Process.Start("sleep", "60");
        var seen = Seen("claude-code", "c1", Holder.Process, Signal.Idle);
        fixture.Claude.Sees(seen with { Facts = seen.Facts with { Process = ProcessTable.Take().Find(agent.Id)!.Identity } });
        var service = fixture.Start(watching: true);
        await List(service);
        await List(service, new ListQuery(Adapter: "openclaw"));
        var told = new TaskCompletionSource();
        using var watch = service.Watch(() => told.TrySetResult());

        agent.Kill();
        await told.Task.WaitAsync(Deadline, Token);
    }

    [Fact]
    public async Task A_followed_transcript_goes_on_where_it_was()
    {
        await using var fixture = new ServiceFixture();
        fixture.Claude.Sees(Running("claude-code", "c1"));
        fixture.Claude.Entries.AddRange(Enumerable.Range(1, 5).Select(i => new TranscriptEntry("assistant", $"m{i}", null, null, null, i * 10)));
        var service = fixture.Start(watching: true);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var transcript = await service.Transcript("c1", new TranscriptQuery(Last: 2, Follow: true), end.Token);
        var said = new List<string>();
        var reading = Task.Run(async () =>
        {
            await foreach (var part in transcript.Parts.WithCancellation(end.Token))
            {
                lock (said)
                {
                    said.Add(JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!.Text);
                }
            }
        }, Token);
        string Said()
        {
            lock (said)
            {
                return string.Join(' ', said);
            }
        }

        await Eventually.True("the last two", Deadline, () => Said() == "m4 m5");
        fixture.Claude.Entries.Add(new TranscriptEntry("assistant", "m6", null, null, null, 60));
        fixture.Claude.Change();
        await Eventually.True("the new one, once", Deadline, () => fixture.AfterRest(() => Said() == "m4 m5 m6"));

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Deadline));
    }
}
