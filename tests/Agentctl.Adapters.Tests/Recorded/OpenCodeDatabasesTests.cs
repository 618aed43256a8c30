using Agentctl.Adapters.OpenCode;
using Agentctl.Adapters.Tests.Mutations;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Recorded;

/// <summary>Databases of every release channel, and rows that cannot be read.</summary>
public sealed class OpenCodeDatabasesTests : IDisposable
{
    private const string Folder = ".local/share/opencode";
    private const string Good = "ses_good";

    private readonly AgentHome home = new();

    public void Dispose() => home.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Place(string name) => System.IO.Path.Combine(home.Path, Folder, name);

    private void Database(string name, params string[] statements) => Sqlite.Create(
        Place(name),
        [
            "create table session (id text, directory text, title text, version text, parent_id text, agent text, model text, cost real, tokens_input integer, tokens_output integer, tokens_cache_read integer, tokens_cache_write integer, time_created integer, time_updated integer)",
            "create table message (id text, session_id text, time_created integer, time_updated integer, data text)",
            "create table part (id text, message_id text, session_id text, time_created integer, time_updated integer, data text)",
            .. statements,
        ]);

    private static string[] Session(string id, string title, long updated = 1795224970256) =>
    [
        $"insert into session values ('{id}', '/w', '{title}', '1.18.33', null, 'build', null, 0, 10, 5, 0, 0, 1795224968059, {updated})",
        $"insert into message values ('u{id}', '{id}', 1795224968059, 1795224968059, '{{\"role\":\"user\",\"time\":{{\"created\":1795224968059}}}}')",
        $"insert into part values ('pu{id}', 'u{id}', '{id}', 1795224968059, 1795224968059, '{{\"type\":\"text\",\"text\":\"said {title}\"}}')",
        $"insert into message values ('v{id}', '{id}', 1795224968060, {updated}, '{{\"role\":\"assistant\",\"time\":{{\"created\":1795224968060,\"completed\":1795224968061}},\"finish\":\"stop\"}}')",
        $"insert into part values ('pv{id}', 'v{id}', '{id}', 1795224968061, 1795224968061, '{{\"type\":\"step-finish\",\"tokens\":{{\"input\":10,\"output\":5,\"cache\":{{\"read\":0,\"write\":0}}}}}}')",
    ];

    private OpenCodeAdapter Adapter(params (string Name, string Value)[] variables) => new(home.Environment(variables));

    [Theory]
    [InlineData("opencode-local.db")]
    [InlineData("opencode-prod.db")]
    [InlineData("opencode.db")]
    public async Task The_database_of_any_channel_is_read(string name)
    {
        Database(name, Session(Good, "in it"));
        using var adapter = Adapter();

        Assert.Equal("said in it", Assert.Single((await home.Discover(adapter, Stop)).Sightings).Prompt);
        Assert.Equal(new TokenUsage(10, 5), await adapter.CountTokens(Good, Stop));
        Assert.Equal(["said in it"], (await AgentHome.Entries(adapter, Good, Stop)).Select(static entry => entry.Text));
    }

    [Fact]
    public async Task All_databases_are_read_and_a_session_in_two_is_one_row()
    {
        Database("opencode.db", [.. Session(Good, "older"), .. Session("ses_main", "main")]);
        Database("opencode-stable.db", Session(Good, "newer", 1795224990000));
        Database("opencode_backup.db", Session("ses_other", "none of them"));
        using var adapter = Adapter();

        var prompts = (await home.Discover(adapter, Stop)).Sightings.ToDictionary(static one => one.Id, static one => one.Prompt);

        Assert.Equal(new Dictionary<string, string?> { [Good] = "said newer", ["ses_main"] = "said main" }, prompts);
        Assert.Equal("said newer", (await home.Find(adapter, Good, Stop))?.Prompt);
        Assert.Equal(["said newer"], (await AgentHome.Entries(adapter, Good, Stop)).Select(static entry => entry.Text));
        Assert.Equal(["~/.local/share/opencode/opencode.db", "~/.local/share/opencode/opencode-stable.db"], (await adapter.Diagnose(Stop)).Places.Select(static place => place.Path));
    }

    [Fact]
    public async Task A_database_that_OPENCODE_DB_names_is_read_wherever_it_is()
    {
        Database("../elsewhere/my.db", Session(Good, "moved"));
        using var adapter = Adapter(("OPENCODE_DB", Place("../elsewhere/my.db")));

        Assert.Equal("said moved", Assert.Single((await home.Discover(adapter, Stop)).Sightings).Prompt);
    }

    [Theory]
    [InlineData("opencode.db", null, null)]
    [InlineData("opencode-dev.db", null, "opencode-dev.db")]
    [InlineData("opencode.db", "opencode-dev.db", "opencode.db")]
    [InlineData("opencode-dev.db", "opencode.db", "opencode-dev.db")]
    public void Resume_and_attach_name_the_database_of_the_session(string name, string? other, string? expected)
    {
        Database(name, Session(Good, "here"));
        if (other is not null)
        {
            Database(other, Session("ses_other", "elsewhere"));
        }

        var program = System.IO.Path.Combine(home.Path, "opencode");
        File.WriteAllText(program, "#!/bin/sh");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        var environment = home.Environment(("PATH", home.Path));
        using var adapter = new OpenCodeAdapter(environment);

        foreach (var outcome in new[] { adapter.Plan(new LaunchWish { Prompt = "Go on", Cwd = "/w", Resumes = Good }, environment), adapter.PlanAttach(Good, environment) })
        {
            var plan = Assert.IsType<PlanOutcome.Planned>(outcome).Plan;
            Assert.Equal(expected is null ? null : Place(expected), plan.Variables.GetValueOrDefault("OPENCODE_DB"));
        }

        var fresh = Assert.IsType<PlanOutcome.Planned>(adapter.Plan(new LaunchWish { Prompt = "New", Cwd = "/w" }, environment)).Plan;
        Assert.Empty(fresh.Variables);
    }

    /// <summary>What cannot be read of a conversation is said where it is missing, and by doctor.</summary>
    [Theory]
    [InlineData("update part set data = '{torn' where id = 'puses_good'", "the part in row 1 cannot be read: ")]
    [InlineData("update part set data = zeroblob(9 * 1024 * 1024) where id = 'puses_good'", "the part in row 1 cannot be read: ")]
    [InlineData("update part set data = null where id = 'puses_good'", "the part in row 1 is missing or empty")]
    public async Task Unreadable_parts_are_reported_by_transcript_and_doctor(string statement, string problem)
    {
        Database("opencode.db", [.. Session(Good, "lost"), statement, $"insert into part values ('pw', 'v{Good}', '{Good}', 1795224968062, 1795224968062, '{{\"type\":\"text\",\"text\":\"answer\"}}')"]);
        using var adapter = Adapter();

        var entries = await AgentHome.Entries(adapter, Good, Stop);

        Assert.Equal([("system", entries[0].Text), ("assistant", "answer")], entries.Select(static entry => (entry.Role, entry.Text)));
        Assert.StartsWith($"[agentctl] 1 part of the conversation is left out here: {problem}", entries[0].Text, StringComparison.Ordinal);
        Assert.Equal(new TokenUsage(10, 5), await adapter.CountTokens(Good, Stop));
        var reported = Assert.Single((await adapter.Diagnose(Stop)).Problems);
        Assert.StartsWith($"~/.local/share/opencode/opencode.db: 1 part of conversations cannot be read, the newest in session {Good}: {problem}", reported, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parts_of_an_unreadable_message_are_one_gap()
    {
        Database("opencode.db", [.. Session(Good, "lost"), $"insert into part values ('px', 'u{Good}', '{Good}', 1795224968060, 1795224968060, '{{}}')", "update message set data = '[' where id = 'uses_good'"]);
        using var adapter = Adapter();

        var gap = Assert.Single(await AgentHome.Entries(adapter, Good, Stop));

        Assert.StartsWith("[agentctl] 2 parts of the conversation are left out here: message uses_good cannot be read: ", gap.Text, StringComparison.Ordinal);
    }

    /// <summary>OpenCode before 1.2: a file for each part.</summary>
    [Fact]
    public async Task Unreadable_files_of_parts_are_reported_by_transcript_and_doctor()
    {
        home.Write($"{Folder}/storage/session/p/ses_old.json", """{"id":"ses_old","directory":"/w","time":{"created":1795224968059,"updated":1795224968060}}""");
        home.Write($"{Folder}/storage/message/ses_old/msg_1.json", """{"role":"user","time":{"created":1795224968059}}""");
        home.Write($"{Folder}/storage/part/msg_1/prt_21e925048001aa.json", """{"type":"text","text":"first"}""");
        home.Write($"{Folder}/storage/part/msg_1/prt_21e925048002aa.json", "{torn");
        using var adapter = Adapter();

        var entries = await AgentHome.Entries(adapter, "ses_old", Stop);

        Assert.Equal(["user", "system"], entries.Select(static entry => entry.Role));
        Assert.StartsWith("[agentctl] 1 part of the conversation is left out here: ~/.local/share/opencode/storage/part/msg_1/prt_21e925048002aa.json cannot be read: ", entries[1].Text, StringComparison.Ordinal);
        Assert.Contains((await adapter.Diagnose(Stop)).Problems, static problem => problem.Contains("1 part of conversations cannot be read, the newest in session ses_old", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_database_costs_its_own_sessions_only()
    {
        Database("opencode.db", Session(Good, "whole"));
        File.WriteAllText(Place("opencode-dev.db"), new string('x', 8192));
        using var adapter = Adapter();

        var answer = await home.Discover(adapter, Stop);

        Assert.Equal(Good, Assert.Single(answer.Sightings).Id);
        Assert.Contains("opencode-dev.db", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("insert into session (id, time_updated) values (null, 1795224970256)", "without an id")]
    [InlineData("insert into session (id, title, time_updated) values ('ses_big', zeroblob(9 * 1024 * 1024), 1795224970256)", "ses_big was skipped")]
    public async Task A_row_that_cannot_be_read_costs_itself_only(string statement, string problem)
    {
        Database("opencode.db", [.. Session(Good, "whole"), statement]);
        using var adapter = Adapter();

        for (var look = 0; look < 2; look++)
        {
            var answer = await home.Discover(adapter, Stop);

            Assert.Equal(Good, Assert.Single(answer.Sightings).Id);
            Assert.Contains(problem, Assert.Single(answer.Problems), StringComparison.Ordinal);
            Assert.Contains("opencode.db", answer.Problems[0], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1e300")]
    [InlineData("9e999")]
    [InlineData("-1")]
    [InlineData("'much'")]
    [InlineData("x'00ff'")]
    public async Task A_cost_that_cannot_be_true_is_none(string cost)
    {
        Database("opencode.db", [.. Session(Good, "whole"), $"update session set cost = {cost}, tokens_input = 9e300, tokens_output = -4"]);
        using var adapter = Adapter();

        var session = Assert.Single((await home.Discover(adapter, Stop)).Sightings);

        Assert.Equal((null, null), (session.Cost, session.Tokens));
    }

    [Theory]
    [InlineData("update message set data = '{\"role\":' where id = 'vses_good'")]
    [InlineData("update message set data = zeroblob(9 * 1024 * 1024) where id = 'vses_good'")]
    public async Task A_damaged_message_is_reported_and_its_session_is_shown(string statement)
    {
        Database("opencode.db", [.. Session(Good, "whole"), .. Session("ses_other", "other"), statement]);
        using var adapter = Adapter();

        var answer = await home.Discover(adapter, Stop);

        Assert.Equal(["said other", "said whole"], answer.Sightings.Select(static one => one.Prompt).Order(StringComparer.Ordinal));
        Assert.Contains("ses_good", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_damaged_rows_are_a_few_lines()
    {
        Database("opencode.db", [.. Session(Good, "whole"), "insert into session (time_updated) with n(i) as (select 1 union all select i + 1 from n where i < 40) select 1795224970256 from n"]);
        using var adapter = Adapter();

        var answer = await home.Discover(adapter, Stop);

        Assert.Equal(Good, Assert.Single(answer.Sightings).Id);
        Assert.Equal(6, answer.Problems.Count);
        Assert.Contains("35 more rows", answer.Problems[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_table_ends_with_the_request()
    {
        Sqlite.Create(
            Place("opencode.db"),
            "create view session as with recursive n(i) as (select 1 union all select i + 1 from n) select 'ses_' || i as id, '/w' as directory, i as time_updated from n");
        using var adapter = Adapter();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);

        var looking = home.Discover(adapter, limit.Token);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => looking.WaitAsync(TimeSpan.FromSeconds(60), Stop));
    }

    [Fact]
    public async Task A_pipe_in_place_of_a_message_of_the_file_tree_costs_itself_only()
    {
        home.Write($"{Folder}/storage/session/global/ses_1.json", """{"id":"ses_1","directory":"/w","title":"a title","time":{"created":1795224968059,"updated":1795224968100}}""");
        var message = home.Write($"{Folder}/storage/message/ses_1/msg_21e924eeb001WjE2.json");
        File.Delete(message);
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [message]);
        await mkfifo.WaitForExitAsync(Stop);
        using var adapter = Adapter();

        var answer = await home.Discover(adapter, Stop).WaitAsync(TimeSpan.FromSeconds(60), Stop);

        Assert.Equal("ses_1", Assert.Single(answer.Sightings).Id);
    }

    /// <summary>Whatever is done to the bytes of one database: the sessions of the other one stay, and nothing but "could not look" is thrown.</summary>
    [Fact]
    public async Task Damage_of_a_whole_database_costs_no_other()
    {
        Database("opencode.db", Session("ses_damaged", "damaged"));
        Database("opencode-dev.db", Session(Good, "whole"));
        var whole = await File.ReadAllBytesAsync(Place("opencode.db"), Stop);
        var first = Random.Shared.Next(1_000_000_000);
        for (var seed = first; seed < first + 200; seed++)
        {
            await File.WriteAllBytesAsync(Place("opencode.db"), Mutation.Of(whole, seed), Stop);
            using var adapter = Adapter();
            try
            {
                var answer = await home.Discover(adapter, Stop);
                Assert.Equal("said whole", answer.Sightings.SingleOrDefault(static one => one.Id == Good)?.Prompt);
                foreach (var id in answer.Sightings.Select(static one => one.Id))
                {
                    _ = await home.Find(adapter, id, Stop);
                    _ = await adapter.CountTokens(id, Stop);
                    _ = await AgentHome.Entries(adapter, id, Stop);
                }
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
