using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class GatewayLookTests
{
    [Theory]
    [InlineData(Reach.Active)]
    [InlineData(Reach.All)]
    public async Task Founding_incident_1_394_ended_cron_sessions_are_none_active(Reach reach)
    {
        await using var gateway = ScriptedGateway.Start(
            new GatewayScript { PageLimit = 100 }, Enumerable.Range(0, 394).Select(i => ScriptedRows.Cron($"hook-{i}", $"run-of-{i}")));
        await using var home = GatewayHome.For(gateway);
        var answer = await home.Look(reach);
        Assert.Equal(0, answer.Active());
        Assert.Equal(reach == Reach.All ? 394 : 0, answer.Sightings.Count);
        Assert.All(answer.States().Values, state => Assert.Equal((SessionState.Stopped, Reasons.Done), state));
    }

    [Fact]
    public async Task Rows_tell_their_state_by_hasActiveRun_first_and_status_second()
    {
        var stale = ScriptedRows.Chat("stale", status: "running");
        var aborted = ScriptedRows.Chat("aborted", status: "killed");
        var silent = ScriptedRows.Chat("silent", status: "running");
        silent.Remove("hasActiveRun");
        await using var gateway = ScriptedGateway.Start(null,
            ScriptedRows.Chat("busy", isRunning: true, status: "running"), ScriptedRows.Cron("job", "s1", isRunning: true), ScriptedRows.Chat("busy-again", isRunning: true, status: "done"),
            ScriptedRows.Chat("done"), ScriptedRows.Chat("failed", status: "failed"), ScriptedRows.Chat("late", status: "timeout"), aborted, stale, silent, ScriptedRows.NeverRun("new"));
        await using var home = GatewayHome.For(gateway);
        var states = (await home.Look()).States();
        Assert.Equal((SessionState.Running, null), states["agent:main:busy"]);
        Assert.Equal((SessionState.Running, null), states["agent:main:cron:job"]);
        Assert.Equal((SessionState.Running, null), states["agent:main:busy-again"]);
        Assert.Equal((SessionState.Stopped, Reasons.Done), states["agent:main:done"]);
        Assert.Equal((SessionState.Error, Reasons.Failed), states["agent:main:failed"]);
        Assert.Equal((SessionState.Error, Reasons.Timeout), states["agent:main:late"]);
        Assert.Equal((SessionState.Stopped, Reasons.Aborted), states["agent:main:aborted"]);
        Assert.Equal((SessionState.Stopped, Reasons.Vanished), states["agent:main:stale"]);
        Assert.Equal((SessionState.Unknown, Reasons.NoSignal), states["agent:main:silent"]);
        Assert.Equal((SessionState.Stopped, Reasons.NeverRun), states["agent:main:dashboard:new"]);
    }

    [Fact]
    public async Task Key_whose_session_id_rotates_stays_one_row_and_both_names_resolve()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Cron("job", "first-run"));
        await using var home = GatewayHome.For(gateway);
        var adapter = home.Adapter();
        var before = Assert.Single((await adapter.Discover(home.Context(), TestContext.Current.CancellationToken)).Sightings);
        gateway.Set(ScriptedRows.Cron("job", "second-run", isRunning: true));
        var after = Assert.Single((await adapter.Discover(home.Context(), TestContext.Current.CancellationToken)).Sightings);
        Assert.Equal(before.Id, after.Id);
        Assert.Equal(["second-run"], after.Aliases);
        Assert.Equal(after.Id, (await adapter.Find("second-run", home.Context(), TestContext.Current.CancellationToken))?.Id);
        Assert.Equal(after.Id, (await adapter.Find("agent:main:cron:job", home.Context(), TestContext.Current.CancellationToken))?.Id);
        Assert.Null(await adapter.Find("agent:main:cron:jo", home.Context(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Row_of_a_run_beside_the_row_of_its_key_is_one_session()
    {
        await using var gateway = ScriptedGateway.Start(null,
            ScriptedRows.Cron("job", "s1"), ScriptedRows.Cron("job:run:s2", "s2", isRunning: true));
        await using var home = GatewayHome.For(gateway);
        var row = Assert.Single((await home.Look()).Sightings);
        Assert.Equal(("agent:main:cron:job", SessionState.Running), (row.Id, VerdictRules.Decide(row.Facts).State));
    }

    [Fact]
    public async Task Page_that_fails_midway_is_no_list_at_all()
    {
        await using var gateway = ScriptedGateway.Start(
            new GatewayScript { PageLimit = 100, FailingPage = 3 }, Enumerable.Range(0, 394).Select(i => ScriptedRows.Chat($"c{i}")));
        await using var home = GatewayHome.For(gateway);
        Assert.Contains("session store is busy", await home.CannotLook());
    }

    [Fact]
    public async Task More_pages_without_saying_where_is_no_list_at_all()
    {
        await using var gateway = ScriptedGateway.Start(
            new GatewayScript { PageLimit = 10, Fault = GatewayFault.MoreWithoutOffset }, Enumerable.Range(0, 30).Select(i => ScriptedRows.Chat($"c{i}")));
        await using var home = GatewayHome.For(gateway);
        Assert.Contains("not taken for whole", await home.CannotLook());
    }

    [Fact]
    public async Task Session_that_moves_to_a_page_already_read_is_not_missed()
    {
        ScriptedGateway? gateway = null;
        var moves = 1;
        gateway = ScriptedGateway.Start(
            new GatewayScript
            {
                PageLimit = 10,
                BeforePage = page =>
                {
                    if (page == 2 && Interlocked.Decrement(ref moves) == 0)
                    {
                        gateway!.Set(ScriptedRows.Chat("c15", isRunning: true));
                    }
                },
            },
            Enumerable.Range(0, 30).Select(i => ScriptedRows.Chat($"c{i}")));
        await using var closing = gateway;
        await using var home = GatewayHome.For(gateway);
        var answer = await home.Look();
        Assert.Equal(30, answer.Sightings.Count);
        Assert.Equal(SessionState.Running, answer.States()["agent:main:c15"].State);
    }

    [Fact]
    public async Task Old_gateway_that_does_not_know_activeOnly_is_read_whole()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { IsOld = true }, ScriptedRows.Chat("a", isRunning: true), ScriptedRows.Chat("b"));
        await using var home = GatewayHome.For(gateway);
        Assert.Equal("agent:main:a", Assert.Single((await home.Look(Reach.Active)).Sightings).Id);
    }

    [Fact]
    public async Task Looks_at_the_same_time_share_one_connection()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        var adapter = home.Adapter();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => adapter.Discover(home.Context(), TestContext.Current.CancellationToken))).WaitAsync(GatewayHome.Deadline);
        Assert.All(answers, answer => Assert.Single(answer.Sightings));
        Assert.InRange(gateway.Accepted, 1, 3);
    }

    [Fact]
    public async Task Unchanged_row_gives_the_same_sighting_again()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Chat("b"));
        await using var home = GatewayHome.For(gateway);
        var adapter = home.Adapter();
        var first = (await adapter.Discover(home.Context(), TestContext.Current.CancellationToken)).Sightings.ToDictionary(seen => seen.Id);
        gateway.Set(ScriptedRows.Chat("b", isRunning: true));
        var second = (await adapter.Discover(home.Context(), TestContext.Current.CancellationToken)).Sightings.ToDictionary(seen => seen.Id);
        Assert.Same(first["agent:main:a"], second["agent:main:a"]);
        Assert.NotSame(first["agent:main:b"], second["agent:main:b"]);
    }

    [Fact]
    public async Task No_sign_of_openclaw_is_looked_and_found_nothing()
    {
        await using var home = new GatewayHome();
        Assert.Same(AdapterAnswer.Nothing, await home.Look());
    }

    [Fact]
    public async Task Transcript_is_read_from_its_tail_and_tokens_are_summed_over_all_of_it()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        for (var i = 0; i < 450; i++)
        {
            gateway.Messages.Add(new()
            {
                ["role"] = i % 2 == 0 ? "user" : "assistant",
                ["content"] = $"text {i}",
                ["timestamp"] = ScriptedRows.Now + i,
                ["usage"] = i % 2 == 0 ? null : new System.Text.Json.Nodes.JsonObject { ["input"] = 10, ["output"] = 5 },
                ["__openclaw"] = new System.Text.Json.Nodes.JsonObject { ["transcriptPosition"] = new System.Text.Json.Nodes.JsonObject { ["rawSeq"] = (i * 2) + 1 } },
            });
        }

        await using var home = GatewayHome.For(gateway);
        var adapter = home.Adapter();
        var last = await Read(new TranscriptRange(Last: 3));
        Assert.Equal(["text 447", "text 448", "text 449"], last.Select(entry => entry.Text));
        Assert.Equal(["text 448"], (await Read(new TranscriptRange(Last: 1, Role: "user"))).Select(entry => entry.Text));
        Assert.Equal(["text 448", "text 449"], (await Read(new TranscriptRange(After: last[0].Cursor))).Select(entry => entry.Text));
        Assert.Equal(450, (await Read(new TranscriptRange())).Count);
        Assert.Equal(new TokenUsage(2250, 1125), await adapter.CountTokens("session-of-a", TestContext.Current.CancellationToken));

        async Task<List<TranscriptEntry>> Read(TranscriptRange range)
        {
            var entries = new List<TranscriptEntry>();
            await foreach (var entry in adapter.ReadTranscript("agent:main:a", range, TestContext.Current.CancellationToken))
            {
                entries.Add(entry);
            }

            return entries;
        }
    }
}
