using Agentctl.Adapters.OpenClaw;
using Agentctl.Adapters.Tests.Mutations;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.OpenClaw;

/// <summary>The gateway's database with rows that cannot be read: each costs itself.</summary>
public sealed class SessionStoreTests : IDisposable
{
    private const long Time = 1795224968059;

    private readonly string state = Directory.CreateTempSubdirectory("openclaw-store-").FullName;

    public void Dispose() => Directory.Delete(state, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(state, "agents", "main", "agent", "openclaw-agent.sqlite");

    private SessionStore Store(params string[] statements)
    {
        Sqlite.Create(
            Database,
            [
                "CREATE TABLE session_nodes (session_key TEXT, current_session_id TEXT, entry_json TEXT, updated_at INTEGER, status TEXT, created_at INTEGER, created_via TEXT, label TEXT, display_name TEXT, archived_at INTEGER, last_interaction_at INTEGER, last_activity_at INTEGER)",
                "CREATE TABLE session_windows (session_id TEXT, session_key TEXT, started_at INTEGER, ended_at INTEGER, status TEXT, channel TEXT, model TEXT)",
                "CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, created_at INTEGER, event_json TEXT)",
                Node("agent:main:one", """{"systemSent":true,"inputTokens":10}"""),
                Node("agent:main:two", """{"systemSent":1,"inputTokens":20}"""),
                .. statements,
            ]);
        return new SessionStore(state, new AgentEnvironment(state, new Dictionary<string, string>()));
    }

    private static string Node(string key, string entry) =>
        $"INSERT INTO session_nodes VALUES ('{key}', 's-{key}', '{entry}', {Time}, 'done', {Time}, 'operator', NULL, NULL, NULL, {Time}, NULL)";

    [Fact]
    public void Entries_are_read()
    {
        var rows = Store().Read(DateTimeOffset.UnixEpoch, [], [], Stop);

        Assert.Equal([("agent:main:one", true, 10), ("agent:main:two", true, 20)], rows.Select(static row => (row.Row.Key, row.Row.SystemSent, row.Row.LastRunInputTokens ?? 0)).Order());
    }

    [Theory]
    [InlineData("{torn", "the entry of session agent:main:bad is damaged", 3)]
    [InlineData("", "the entry of session agent:main:bad is damaged", 3)]
    [InlineData("[1]", "the entry of session agent:main:bad is damaged", 3)]
    [InlineData("big", "the entry of session agent:main:bad was skipped", 3)]
    [InlineData("unnamed", "a session without a key was skipped", 2)]
    public void A_damaged_row_costs_itself_and_is_reported(string entry, string problem, int rows)
    {
        var store = Store(
            Node("agent:main:bad", entry),
            "UPDATE session_nodes SET entry_json = zeroblob(9 * 1024 * 1024) WHERE entry_json = 'big'",
            "UPDATE session_nodes SET session_key = NULL WHERE entry_json = 'unnamed'");
        var (problems, damaged) = (new List<string>(), new List<string>());

        var read = store.Read(DateTimeOffset.UnixEpoch, problems, damaged, Stop);

        Assert.Equal(rows, read.Count);
        Assert.Empty(problems);
        Assert.Contains(problem, Assert.Single(damaged), StringComparison.Ordinal);
        Assert.Contains("openclaw-agent.sqlite", damaged[0], StringComparison.Ordinal);
        Assert.NotNull(store.Find("agent:main:one", problems, Stop));
        Assert.Empty(problems);
    }

    [Fact]
    public void A_damaged_event_costs_itself()
    {
        var store = Store(
            """INSERT INTO transcript_events VALUES ('s-agent:main:one', 1, 1, '{"type":"message","message":{"role":"user","content":"first"}}')""",
            "INSERT INTO transcript_events VALUES ('s-agent:main:one', 2, 1, zeroblob(9 * 1024 * 1024)), ('s-agent:main:one', 3, 1, 'torn'), ('s-agent:main:one', NULL, 1, 'x')",
            """INSERT INTO transcript_events VALUES ('s-agent:main:one', 4, 1, '{"type":"message","message":{"role":"assistant","content":"last"}}')""");
        var row = store.Find("agent:main:one", [], Stop)!.Value.Row;

        var read = History.Newest(store, row, Stop).ToList();

        Assert.Equal([(4, "last"), (1, "first")], read.Where(static one => one.Problem is null).Select(static one => ((int)one.Cursor, one.Message.Text("content"))));
        Assert.Equal([3, 2], read.Where(static one => one.Problem is not null).Select(static one => (int)one.Cursor));
        Assert.StartsWith("event 3 cannot be read: ", read[1].Problem, StringComparison.Ordinal);
    }

    /// <summary>While no gateway runs, the transcript says what of it cannot be read, and doctor names the database.</summary>
    [Fact]
    public async Task Unreadable_events_are_reported_by_transcript_and_doctor()
    {
        _ = Store(
            """INSERT INTO transcript_events VALUES ('s-agent:main:one', 1, 1, '{"type":"message","message":{"role":"user","content":"first"}}')""",
            "INSERT INTO transcript_events VALUES ('s-agent:main:one', 2, 1, zeroblob(9 * 1024 * 1024)), ('s-agent:main:one', 3, 1, 'torn')",
            """INSERT INTO transcript_events VALUES ('s-agent:main:one', 4, 1, '{"type":"message","message":{"role":"assistant","content":"last"}}')""");
        var environment = new AgentEnvironment(state, new Dictionary<string, string> { ["OPENCLAW_STATE_DIR"] = state });
        await using var adapter = new OpenClawAdapter(environment, new OpenClawSettings(), TimeProvider.System);

        var entries = new List<TranscriptEntry>();
        await foreach (var entry in adapter.ReadTranscript("agent:main:one", new TranscriptRange(), Stop))
        {
            entries.Add(entry);
        }

        Assert.Equal([("user", "first"), ("system", entries[1].Text), ("assistant", "last")], entries.Select(static entry => (entry.Role, entry.Text)));
        Assert.StartsWith("[agentctl] 2 parts of the conversation are left out here: event 3 cannot be read: ", entries[1].Text, StringComparison.Ordinal);
        Assert.Contains((await adapter.Diagnose(Stop)).Problems, static problem => problem.Contains("openclaw-agent.sqlite: 2 parts of conversations cannot be read, the newest in session s-agent:main:one: event 3", StringComparison.Ordinal));
    }

    /// <summary>Whatever is done to the bytes of a database: rows, or a sentence that says why not. Nothing else is thrown, nothing hangs.</summary>
    [Fact]
    public void Damage_of_the_whole_file_is_reported()
    {
        var store = Store("""INSERT INTO transcript_events VALUES ('s-agent:main:one', 1, 1, '{"type":"message","message":{"role":"user","content":"first"}}')""");
        var whole = File.ReadAllBytes(Database);
        var first = Random.Shared.Next(1_000_000_000);
        for (var seed = first; seed < first + 300; seed++)
        {
            File.WriteAllBytes(Database, Mutation.Of(whole, seed));
            try
            {
                _ = store.Read(DateTimeOffset.UnixEpoch, [], [], Stop);
                _ = History.Newest(store, new GatewayRow { Key = "agent:main:one", AgentId = "main", SessionId = "s-agent:main:one" }, Stop).Count();
            }
            catch (Exception said) when (said is CannotLookException or IOException)
            {
                Assert.NotEmpty(said.Message);
            }
            catch (Exception thrown)
            {
                Assert.Fail($"seed {seed}: {thrown}");
            }
        }
    }
}
