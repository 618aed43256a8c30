using System.Globalization;
using Agentctl.Adapters.OpenClaw;
using Agentctl.Adapters.OpenCode;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Adapters.Tests.Mutations;

/// <summary>
/// Whatever bytes a database consists of, nothing throws, every question ends, and the sessions of other databases stay as they were.
/// Which rows of a damaged database can still be read is SQLite's decision. AGENTCTL_MUTATIONS and AGENTCTL_MUTATION_SEED are as in <see cref="DamagedFilesTests"/>.
/// </summary>
public sealed class DamagedDatabasesTests : IDisposable
{
    private const int UsualMutations = 200;
    private const long Time = 1795224968059;

    private readonly string home = Directory.CreateTempSubdirectory("agentctl-databases-").FullName;

    public void Dispose() => Directory.Delete(home, recursive: true);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("opencode")]
    [InlineData("openclaw")]
    public async Task Damage_in_a_database_costs_no_session_of_another(string name)
    {
        var isOpenCode = name == "opencode";
        var damaged = isOpenCode ? OpenCodeDatabases() : OpenClawDatabases();
        string[] ids = isOpenCode ? ["ses_one", "ses_two"] : ["agent:main:one", "agent:main:two"];
        var innocent = isOpenCode ? "ses_other" : "agent:other:one";
        var whole = await Rows(name);
        Assert.Equal([.. ids.Append(innocent).Order(StringComparer.Ordinal)], whole.Keys.Order(StringComparer.Ordinal));
        var original = await File.ReadAllBytesAsync(damaged, Stop);
        var firstSeed = Number("AGENTCTL_MUTATION_SEED") ?? Random.Shared.Next(1_000_000_000);
        for (var seed = firstSeed; seed < firstSeed + (Number("AGENTCTL_MUTATIONS") ?? UsualMutations); seed++)
        {
            await File.WriteAllBytesAsync(damaged, Mutation.Of(original, seed), Stop);
            var what = $"AGENTCTL_MUTATION_SEED={seed} {name}";
            try
            {
                Assert.Equal((what, whole[innocent]), (what, (await Rows(name)).GetValueOrDefault(innocent)));
                foreach (var id in ids.Append(innocent))
                {
                    await AskAbout(name, id);
                }
            }
            catch (Exception thrown) when (thrown is not (OperationCanceledException or Xunit.Sdk.IAssertionException))
            {
                Assert.Fail($"{what}: {thrown}");
            }
        }

    }

    private async Task<Dictionary<string, string>> Rows(string name)
    {
        var adapter = Open(name);
        await using var owned = adapter as IAsyncDisposable;
        using var alsoOwned = adapter as IDisposable;
        using var limit = MachineClock.CancelAfter(TimeSpan.FromSeconds(60), Stop);
        var answer = await adapter.Discover(new DiscoveryContext(Reach.All, DateTimeOffset.UnixEpoch, new FakeProcessTable()), limit.Token);
        return answer.Sightings.ToDictionary(static sighting => sighting.Id, static sighting => DamagedFilesTests.Text(Session.From(sighting)));
    }

    /// <summary>An answer, or the statement that it cannot be given.</summary>
    private async Task AskAbout(string name, string id)
    {
        var adapter = Open(name);
        await using var owned = adapter as IAsyncDisposable;
        using var alsoOwned = adapter as IDisposable;
        using var limit = MachineClock.CancelAfter(TimeSpan.FromSeconds(60), Stop);
        foreach (var ask in (Func<Task>[])
        [
            () => adapter.Find(id, new DiscoveryContext(Reach.All, DateTimeOffset.UnixEpoch, new FakeProcessTable()), limit.Token),
            () => adapter.CountTokens(id, limit.Token),
            async () =>
            {
                await foreach (var entry in adapter.ReadTranscript(id, new TranscriptRange(), limit.Token))
                {
                    Assert.NotNull(entry.Text);
                }
            },
        ])
        {
            try
            {
                await ask();
            }
            catch (CannotLookException)
            {
                // It says so for this session.
            }
        }

        await adapter.Diagnose(limit.Token);
    }

    private IAgentAdapter Open(string name)
    {
        var environment = new AgentEnvironment(home, new Dictionary<string, string>());
        return name == "opencode" ? new OpenCodeAdapter(environment) : new OpenClawAdapter(environment, new OpenClawSettings(), TimeProvider.System);
    }

    private string OpenCodeDatabases()
    {
        string Place(string name) => Path.Combine(home, ".local", "share", "opencode", name);
        Make(Place("opencode.db"), "ses_one", "ses_two");
        Make(Place("opencode-stable.db"), "ses_other");
        return Place("opencode.db");

        static void Make(string path, params string[] ids) => Sqlite.Create(
            path,
            [
                "create table session (id text, directory text, title text, version text, parent_id text, agent text, model text, cost real, tokens_input integer, tokens_output integer, tokens_cache_read integer, tokens_cache_write integer, time_created integer, time_updated integer)",
                "create table message (id text, session_id text, time_created integer, time_updated integer, data text)",
                "create table part (id text, message_id text, session_id text, time_created integer, time_updated integer, data text)",
                .. ids.SelectMany(static id => (string[])
                [
                    $"insert into session values ('{id}', '/w', 'about {id}', '1.18.33', null, 'build', null, 0, 10, 5, 0, 0, {Time}, {Time})",
                    $"insert into message values ('u{id}', '{id}', {Time}, {Time}, '{{\"role\":\"user\",\"time\":{{\"created\":{Time}}}}}')",
                    $"insert into part values ('pu{id}', 'u{id}', '{id}', {Time}, {Time}, '{{\"type\":\"text\",\"text\":\"said to {id}\"}}')",
                    $"insert into message values ('v{id}', '{id}', {Time + 1}, {Time + 1}, '{{\"role\":\"assistant\",\"time\":{{\"created\":{Time + 1},\"completed\":{Time + 2}}},\"finish\":\"stop\"}}')",
                    $"insert into part values ('pv{id}', 'v{id}', '{id}', {Time + 1}, {Time + 1}, '{{\"type\":\"text\",\"text\":\"done\"}}')",
                ]),
            ]);
    }

    private string OpenClawDatabases()
    {
        string Place(string agent) => Path.Combine(home, ".openclaw", "agents", agent, "agent", "openclaw-agent.sqlite");
        Make(Place("main"), "agent:main:one", "agent:main:two");
        Make(Place("other"), "agent:other:one");
        return Place("main");

        static void Make(string path, params string[] keys) => Sqlite.Create(
            path,
            [
                "CREATE TABLE session_nodes (session_key TEXT, current_session_id TEXT, entry_json TEXT, updated_at INTEGER, status TEXT, created_at INTEGER, created_via TEXT, label TEXT, display_name TEXT, archived_at INTEGER, last_interaction_at INTEGER, last_activity_at INTEGER)",
                "CREATE TABLE session_windows (session_id TEXT, session_key TEXT, started_at INTEGER, ended_at INTEGER, status TEXT, channel TEXT, model TEXT)",
                "CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, created_at INTEGER, event_json TEXT)",
                .. keys.SelectMany(static key => (string[])
                [
                    $"INSERT INTO session_nodes VALUES ('{key}', 's-{key}', '{{\"systemSent\":true,\"inputTokens\":10}}', {Time}, 'done', {Time}, 'operator', NULL, NULL, NULL, {Time}, NULL)",
                    $"INSERT INTO transcript_events VALUES ('s-{key}', 1, {Time}, '{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"first\"}}}}')",
                    $"INSERT INTO transcript_events VALUES ('s-{key}', 2, {Time}, '{{\"type\":\"message\",\"message\":{{\"role\":\"assistant\",\"content\":\"last\"}}}}')",
                ]),
            ]);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
