using System.Net;
using System.Net.Sockets;
using Agentctl.Core;
using Agentctl.Adapters.OpenClaw;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

public sealed class AbsentGatewayTests
{
    private const long Time = 1_795_225_355_009;

    [Fact]
    public async Task Running_in_the_database_of_a_killed_gateway_is_not_believed()
    {
        await using var home = Home(out var port);
        home.Lock(7396, 160010, port);
        Store(home);
        var answer = await home.Look();
        Assert.Contains("the OpenClaw gateway is not running", Assert.Single(answer.Notes));
        Assert.Contains("pid 7396 (start 160010), which is gone", Assert.Single(answer.Notes));
        Assert.Empty(answer.Problems);
        var states = answer.States();
        Assert.Equal((SessionState.Stopped, Reasons.Vanished), states["agent:main:crash"]);
        Assert.Equal((SessionState.Stopped, Reasons.Vanished), states["agent:main:starting"]);
        Assert.Equal((SessionState.Stopped, Reasons.Done), states["agent:main:cron:job"]);
        Assert.Equal((SessionState.Error, Reasons.Failed), states["agent:main:failed"]);
        Assert.Equal((SessionState.Stopped, Reasons.NeverRun), states["agent:main:new"]);
        Assert.Equal(5, states.Count);
        var crash = await home.Adapter().Find("s-crash", home.Context(), TestContext.Current.CancellationToken);
        Assert.Equal("agent:main:crash", crash?.Id);
        Assert.Equal("~/.openclaw/tmp/openclaw-1000/gateway.75aedbce.lock", VerdictRules.Decide(crash!.Facts).Decider.Source);
    }

    [Fact]
    public async Task Gateway_that_ended_in_order_leaves_no_lock_and_is_not_running()
    {
        await using var home = Home(out _);
        Store(home);
        Assert.Equal(0, (await home.Look()).Active());
        Assert.Empty((await home.Look(Reach.Active)).Sightings);
    }

    [Fact]
    public async Task Lock_of_a_living_gateway_that_refuses_is_cannot_look()
    {
        await using var home = Home(out var port);
        home.Lock(7396, 160010, port);
        home.Processes.Add(7396, startTicks: 160010);
        Store(home);
        Assert.Contains("although the gateway (pid 7396 (start 160010)", await home.CannotLook());
    }

    [Fact]
    public async Task Pid_of_the_lock_given_to_another_process_is_a_gateway_that_is_gone()
    {
        await using var home = Home(out var port);
        home.Lock(7396, 160010, port);
        home.Processes.Add(7396, startTicks: 999999);
        Assert.Single((await home.Look()).Notes);
    }

    [Fact]
    public async Task Unreadable_lock_proves_nothing()
    {
        await using var home = Home(out var port);
        home.Lock(7396, 160010, port);
        File.WriteAllText(System.IO.Path.Combine(home.State, "tmp", "openclaw-1000", "gateway.state.lock"), "{ torn");
        Assert.Contains("could not be read (it is not JSON)", await home.CannotLook());
    }

    [Fact]
    public async Task Tunnel_that_is_down_proves_nothing_about_the_gateway_behind_it()
    {
        await using var home = Home(out _);
        Store(home);
        Assert.Contains("no gateway of this machine is known to belong there", await home.CannotLook(settings: new OpenClawSettings(Url: $"ws://127.0.0.1:{FreePort()}", Token: "x")));
    }

    [Fact]
    public async Task Token_in_the_environment_alone_proves_nothing_about_this_machine()
    {
        await using var home = new GatewayHome();
        home.Variables["OPENCLAW_GATEWAY_TOKEN"] = "x";
        home.Variables["OPENCLAW_GATEWAY_PORT"] = FreePort().ToString();
        Assert.Contains("no gateway of this machine is known", await home.CannotLook());
    }

    [Fact]
    public async Task Database_that_cannot_be_read_is_named_and_the_rest_is_shown()
    {
        await using var home = Home(out _);
        Store(home);
        var broken = System.IO.Path.Combine(home.State, "agents", "other", "agent");
        Directory.CreateDirectory(broken);
        await File.WriteAllTextAsync(System.IO.Path.Combine(broken, "openclaw-agent.sqlite"), "this is no database at all, but it is long enough to be opened as one, which shows in the first page");
        var answer = await home.Look();
        Assert.Contains("~/.openclaw/agents/other/agent/openclaw-agent.sqlite", Assert.Single(answer.Problems));
        Assert.Equal(5, answer.Sightings.Count);
    }

    [Fact]
    public async Task Transcript_is_read_from_the_database_while_no_gateway_runs()
    {
        await using var home = Home(out _);
        Store(home);
        var entries = new List<TranscriptEntry>();
        await foreach (var entry in home.Adapter().ReadTranscript("agent:main:crash", new TranscriptRange(Last: 3), TestContext.Current.CancellationToken))
        {
            entries.Add(entry);
        }

        Assert.Equal([("user", "SLEEP 60", 1L), ("system", entries[1].Text, 2L), ("tool", """{"command":"sleep 60"}""", 3L)], entries.Select(entry => (entry.Role, entry.Text, entry.Cursor)));
        Assert.StartsWith("[agentctl] 1 part of the conversation is left out here: event 2 cannot be read: ", entries[1].Text, StringComparison.Ordinal);
        Assert.Equal(new TokenUsage(10, 5), await home.Adapter().CountTokens("agent:main:crash", TestContext.Current.CancellationToken));
    }

    private static GatewayHome Home(out int port)
    {
        port = FreePort();
        var home = new GatewayHome();
        home.Config($$"""{ "gateway": { "port": {{port}}, "auth": { "token": "x" } } }""");
        return home;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Store(GatewayHome home) => Sqlite.Create(
        System.IO.Path.Combine(home.State, "agents", "main", "agent", "openclaw-agent.sqlite"),
        "CREATE TABLE session_nodes (session_key TEXT NOT NULL PRIMARY KEY, current_session_id TEXT NOT NULL, entry_json TEXT NOT NULL, updated_at INTEGER NOT NULL, status TEXT, created_at INTEGER, created_via TEXT, label TEXT, display_name TEXT, archived_at INTEGER, last_interaction_at INTEGER, last_activity_at INTEGER) STRICT",
        "CREATE TABLE session_windows (session_id TEXT NOT NULL PRIMARY KEY, session_key TEXT NOT NULL, started_at INTEGER, ended_at INTEGER, status TEXT, channel TEXT, model TEXT) STRICT",
        "CREATE TABLE transcript_events (session_id TEXT NOT NULL, seq INTEGER NOT NULL, created_at INTEGER NOT NULL, event_json TEXT NOT NULL, PRIMARY KEY (session_id, seq)) STRICT",
        $$"""
        INSERT INTO session_nodes VALUES
        ('agent:main:crash', 's-crash', '{"systemSent":true}', {{Time}}, 'running', {{Time}}, 'operator', NULL, 'crash', NULL, {{Time}}, NULL),
        ('agent:main:starting', 's-starting', '{"activeWriterRunId":"r7"}', {{Time}}, NULL, {{Time}}, 'run', NULL, NULL, NULL, {{Time}}, NULL),
        ('agent:main:cron:job', 's-cron', '{"systemSent":true}', {{Time}}, NULL, {{Time}}, 'cron', NULL, NULL, NULL, NULL, NULL),
        ('agent:main:cron:job:run:s-cron', 's-cron', '{"systemSent":true}', {{Time}}, NULL, {{Time}}, 'cron', NULL, NULL, NULL, NULL, NULL),
        ('agent:main:failed', 's-failed', '{}', {{Time}}, 'failed', {{Time}}, 'run', NULL, NULL, NULL, NULL, NULL),
        ('agent:main:new', 's-new', '{}', {{Time}}, NULL, {{Time}}, 'operator', 'lab', NULL, NULL, NULL, NULL),
        ('agent:main:old', 's-old', '{}', {{Time}}, 'done', {{Time}}, 'operator', NULL, NULL, {{Time}}, NULL, NULL)
        """,
        $"INSERT INTO session_windows VALUES ('s-crash', 'agent:main:crash', {Time}, NULL, 'running', NULL, 'fake-model'), ('s-cron', 'agent:main:cron:job', {Time}, {Time}, 'done', NULL, 'fake-model')",
        """
        INSERT INTO transcript_events VALUES
        ('s-crash', 0, 1, '{"type":"session","version":4}'),
        ('s-crash', 1, 1, '{"type":"message","message":{"role":"user","content":"SLEEP 60","timestamp":1795225164593}}'),
        ('s-crash', 2, 1, 'torn'),
        ('s-crash', 3, 1, '{"type":"message","message":{"role":"assistant","content":[{"type":"toolCall","name":"exec","arguments":{"command":"sleep 60"}}],"usage":{"input":10,"output":5}}}')
        """);
}
