using System.Text.Json.Nodes;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class FollowTests
{
    [Fact]
    public async Task Followers_that_have_ended_are_not_kept()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var adapter = home.Adapter();
        for (var times = 0; times < 50; times++)
        {
            using (adapter.Watch(static () => { }))
            {
                Assert.InRange(adapter.KeptFollowers, 1, 50);
            }
        }

        await Eventually.True("all followers to have ended", GatewayHome.Deadline, () => adapter.KeptFollowers == 0);
    }

    [Fact]
    public async Task Change_told_by_an_event_is_in_the_next_answer_without_another_connection()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Cron("job", "s1"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        var before = followed.Changes;
        await gateway.Change(ScriptedRows.Chat("a", isRunning: true));
        await followed.Sees("agent:main:a", SessionState.Running);
        Assert.True(followed.Changes > before);
        Assert.Equal(1, gateway.Accepted);
    }

    [Fact]
    public async Task Run_of_a_cron_job_is_followed_under_its_key_though_events_name_the_run()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Cron("job", "s1"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        gateway.Set(ScriptedRows.Cron("job", "s2", isRunning: true));
        await gateway.Emit("sessions.changed", new JsonObject { ["sessionKey"] = "agent:main:cron:job:run:s2", ["phase"] = "start" });
        await followed.Sees("agent:main:cron:job", SessionState.Running);
        gateway.Set(ScriptedRows.Cron("job", "s2"));
        await gateway.Emit("cron", new JsonObject { ["action"] = "finished", ["sessionKey"] = "agent:main:cron:job:run:s2" });
        await followed.Sees("agent:main:cron:job", SessionState.Stopped);
        Assert.Single((await followed.Look()).Sightings);
    }

    /// <summary>A real gateway announces an end a moment before its list says so, and nothing after it.</summary>
    [Fact]
    public async Task Run_whose_end_was_announced_too_early_is_seen_to_end()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Chat("b", isRunning: true));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        await gateway.Change(ScriptedRows.Chat("a", isRunning: true));
        await followed.Sees("agent:main:a", SessionState.Running);
        var asked = gateway.Calls("sessions.list");
        await gateway.Emit("agent", new JsonObject { ["stream"] = "lifecycle", ["sessionKey"] = "agent:main:a" });
        await Eventually.True("it to have been read upon its last event", GatewayHome.Deadline, () => gateway.Calls("sessions.list") > asked);
        gateway.Set(ScriptedRows.Chat("a"));
        gateway.Set(ScriptedRows.Chat("b"));
        await followed.Sees("agent:main:a", SessionState.Stopped);
        await followed.Sees("agent:main:b", SessionState.Stopped);
        var last = gateway.Calls("sessions.list");
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        Assert.Equal(last, gateway.Calls("sessions.list"));
    }

    [Fact]
    public async Task Gap_in_the_event_numbers_brings_a_whole_list()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Chat("b"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        await gateway.Emit("health", []);
        gateway.Set(ScriptedRows.Chat("b", isRunning: true));
        gateway.Remove("agent:main:a");
        await gateway.Emit("health", [], lost: 3);
        await followed.Sees("agent:main:b", SessionState.Running);
        Assert.Equal("agent:main:b", Assert.Single((await followed.Look()).Sightings).Id);
        Assert.Equal(1, gateway.Accepted);
    }

    [Fact]
    public async Task Event_that_names_no_session_brings_a_whole_list()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        gateway.Set(ScriptedRows.Chat("b", isRunning: true));
        await gateway.Emit("sessions.changed", []);
        await followed.Sees("agent:main:b", SessionState.Running);
    }

    [Fact]
    public async Task Deleted_session_leaves_the_list()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Chat("ab"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        gateway.Remove("agent:main:a");
        await gateway.Emit("sessions.changed", new JsonObject { ["sessionKey"] = "agent:main:a", ["reason"] = "delete" });
        await Eventually.See("only ab", GatewayHome.Deadline, followed.Look, answer => answer.Sightings is [{ Id: "agent:main:ab" }]);
    }

    [Fact]
    public async Task Lost_connection_is_opened_again_and_everything_read_anew()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        var before = followed.Changes;
        gateway.Set(ScriptedRows.Chat("a", isRunning: true));
        gateway.Drop();
        await followed.Sees("agent:main:a", SessionState.Running);
        await Eventually.True("a second connection that follows", GatewayHome.Deadline, () => followed.Connections == 2);
        Assert.True(followed.Changes > before);
        await gateway.Change(ScriptedRows.Chat("a"));
        await followed.Sees("agent:main:a", SessionState.Stopped);
    }

    [Fact]
    public async Task Gateway_killed_and_back_is_never_a_mass_stop_while_it_cannot_be_told()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a", isRunning: true));
        await using var home = GatewayHome.For(gateway);
        home.Lock(7396, 160010, gateway.Port);
        home.Processes.Add(7396, startTicks: 160010);
        await using var followed = await Followed.Start(home, gateway);
        await gateway.Stop();
        await Eventually.See("cannot look, or still the answer of before", GatewayHome.Deadline, followed.TellsActive, (int? active) => active is null);
        gateway.StartAgain();
        await followed.Sees("agent:main:a", SessionState.Running);
    }

    [Fact]
    public async Task Silent_connection_is_given_up_after_two_ticks()
    {
        await using var gateway = ScriptedGateway.Start(new GatewayScript { TickIntervalMs = 100 }, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        await Eventually.True("a second connection that follows", GatewayHome.Deadline, () => followed.Connections >= 2);
    }

    [Fact]
    public async Task Nothing_is_asked_while_nothing_happens()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        var lists = gateway.Calls("sessions.list");
        for (var i = 0; i < 50; i++)
        {
            await followed.Look();
            await gateway.Emit("tick", []);
            await gateway.Emit("agent", new JsonObject { ["stream"] = "assistant", ["sessionKey"] = "agent:main:a" });
        }

        Assert.Equal((lists, 1), (gateway.Calls("sessions.list"), gateway.Accepted));
    }

    [Fact]
    public async Task Answers_from_memory_equal_those_of_a_look_of_its_own()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"), ScriptedRows.Cron("job", "s1"), ScriptedRows.NeverRun("n"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        gateway.Set(ScriptedRows.Cron("job", "s2", isRunning: true));
        await gateway.Emit("session.message", new JsonObject { ["sessionKey"] = "agent:main:cron:job:run:s2" });
        await followed.Sees("agent:main:cron:job", SessionState.Running);
        var memory = (await followed.Look()).Sightings.OrderBy(seen => seen.Id).Select(Row).ToList();
        Assert.Equal((await home.Look()).Sightings.OrderBy(seen => seen.Id).Select(Row), memory);

        static string Row(Sighting seen) => System.Text.Json.JsonSerializer.Serialize(SessionRow.From(Session.From(seen)), ApiJson.Default.SessionRow);
    }

    [Fact]
    public async Task Watch_that_is_disposed_ends_the_connection()
    {
        await using var gateway = ScriptedGateway.Start(null, ScriptedRows.Chat("a"));
        await using var home = GatewayHome.For(gateway);
        await using var followed = await Followed.Start(home, gateway);
        followed.Stop();
        await Eventually.True("no connection", GatewayHome.Deadline, () => gateway.Open == 0);
    }

    [Fact]
    public void Waits_double_from_one_to_thirty_seconds_with_a_fifth_of_chance()
    {
        var low = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), () => 0);
        var high = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), () => 1);
        Assert.Equal([1, 1.6, 3.2, 6.4, 12.8, 24, 24], Enumerable.Range(0, 7).Select(_ => Math.Round(low.Next().TotalSeconds, 1)));
        Assert.Equal([1.2, 2.4, 4.8, 9.6, 19.2, 30, 30], Enumerable.Range(0, 7).Select(_ => Math.Round(high.Next().TotalSeconds, 1)));
        low.Reset();
        Assert.Equal(1, low.Next().TotalSeconds);
    }

    private sealed class Followed : IAsyncDisposable
    {
        private readonly GatewayHome home;
        private readonly OpenClawAdapter adapter;
        private readonly IDisposable watch;
        private int changes;

        private Followed(GatewayHome home)
        {
            this.home = home;
            adapter = home.Adapter();
            watch = adapter.Watch(() => Interlocked.Increment(ref changes));
        }

        public int Changes => Volatile.Read(ref changes);
        public int Connections => adapter.Follower!.Connections;

        public static async Task<Followed> Start(GatewayHome home, ScriptedGateway gateway)
        {
            var followed = new Followed(home);
            await Eventually.True("the first list", GatewayHome.Deadline, () => followed.Changes > 0);
            Assert.Equal(1, gateway.Calls("sessions.subscribe"));
            return followed;
        }

        public Task<AdapterAnswer> Look() => adapter.Discover(home.Context(), TestContext.Current.CancellationToken);

        public async Task Sees(string id, SessionState state) => await Eventually.See(
            $"{id} {state}", GatewayHome.Deadline, Try, states => states.GetValueOrDefault(id).State == state && states.ContainsKey(id));

        /// <summary>How many are active; null when it could not look. Never is it told that they ended.</summary>
        public async Task<int?> TellsActive()
        {
            try
            {
                var answer = await Look();
                Assert.Equal(1, answer.Active());
                return 1;
            }
            catch (CannotLookException)
            {
                return null;
            }
        }

        private async Task<Dictionary<string, (SessionState State, string? Reason)>> Try()
        {
            try
            {
                return (await Look()).States();
            }
            catch (CannotLookException)
            {
                return [];
            }
        }

        public void Stop() => watch.Dispose();

        public ValueTask DisposeAsync()
        {
            watch.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
