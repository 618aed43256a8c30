using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

/// <summary>What rows say, where rollouts are found, and what is not read.</summary>
public sealed class CodexRowTests
{
    [Fact]
    public async Task A_row_is_described_from_the_head_and_the_tail()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);

        var row = (await home.Only()).Sighting;

        Assert.Equal(("SAY hi", "/home/dev/proj", "gpt-fake"), (row.Prompt, row.Cwd, row.Model));
        Assert.Equal(new TokenUsage(10, 5), row.Tokens);
        Assert.Equal(CodexHome.At("2026-11-21T06:47:02.535Z"), row.StartedAt);
        Assert.Equal(row.StoppedAt, row.LastActivityAt);
        Assert.Equal(("exec", "0.169.0"), (row.Meta["kind"], row.Meta["version"]));
    }

    [Fact]
    public async Task The_prompt_is_what_the_human_said_first_not_what_codex_added()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.OldCore);
        Assert.Equal("SLEEP 8 old core", (await home.Only()).Sighting.Prompt);
    }

    [Theory]
    [InlineData(CodexHome.Forked, CodexHome.KilledThenResumed, "exec")]
    [InlineData(CodexHome.Spawned, "01a1fcf9-0261-7880-b6c9-cf8a5eb43408", "subagent")]
    public async Task Forks_and_spawned_agents_are_rows_that_name_their_parent(string id, string parent, string kind)
    {
        using var home = new CodexHome();
        home.Rollout(id);
        var meta = (await home.Only()).Sighting.Meta;
        Assert.Equal((parent, kind), (meta["parent"], meta["kind"]));
    }

    [Fact]
    public async Task A_terminal_thread_is_no_editor_thread_and_carries_its_newest_name()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Tui);
        var index = Path.Combine(home.Codex, "session_index.jsonl");
        File.WriteAllText(index, $$"""{"id":"{{CodexHome.Tui}}","thread_name":"first","updated_at":"2026-11-21T06:49:03Z"}""" + "\n");
        Assert.Equal(("tui", "first"), ((await home.Only()).Sighting.Meta["kind"], (await home.Only()).Sighting.Meta["title"]));

        File.AppendAllText(index, $$"""{"id":"{{CodexHome.Tui}}","thread_name":"second","updated_at":"2026-11-21T06:50:03Z"}""" + "\n{\"id\":\"torn");
        Assert.Equal("second", (await home.Only()).Sighting.Meta["title"]);
    }

    [Fact]
    public void W21_cached_tokens_stand_apart_from_the_input()
    {
        using var usage = System.Text.Json.JsonDocument.Parse(
            """{"input_tokens":100,"cached_input_tokens":60,"cache_write_input_tokens":10,"output_tokens":7,"reasoning_output_tokens":3,"total_tokens":107}""");
        Assert.Equal(new TokenUsage(30, 7, 60, 10), Agentctl.Adapters.Codex.RolloutTail.Usage(usage.RootElement));
    }

    [Fact]
    public async Task The_same_sighting_comes_again_until_something_changes()
    {
        using var home = new CodexHome();
        var path = home.Rollout(CodexHome.Finished);
        var process = home.Process();
        home.Lock(CodexHome.Finished, process);
        var first = Assert.Single((await home.Discover(Reach.All)).Sightings);
        Assert.Same(first, Assert.Single((await home.Discover(Reach.All)).Sightings));
        Assert.Same(first, Assert.Single((await home.Discover(Reach.Active)).Sightings));

        home.Processes.Remove(process.Pid);
        var released = Assert.Single((await home.Discover(Reach.All)).Sightings);
        Assert.NotEqual(first.Facts.Holder, released.Facts.Holder);

        File.AppendAllText(path, """{"timestamp":"2026-11-21T08:00:00Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t2"}}""" + "\n");
        Assert.Equal(Signal.Busy, Assert.Single((await home.Discover(Reach.All)).Sightings).Facts.Signal);
    }

    [Fact]
    public async Task Archived_rollouts_are_listed_and_found()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished, folder: "archived_sessions");
        Assert.Equal("true", (await home.Only()).Sighting.Meta["archived"]);
        Assert.Equal(Reasons.Done, (await home.Find(CodexHome.Finished))?.Verdict.Reason);
    }

    [Fact]
    public async Task A_rollout_in_the_folder_of_the_local_day_is_found()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished, folder: "sessions/2026/11/20");
        Assert.NotNull(await home.Find(CodexHome.Finished));
    }

    [Fact]
    public async Task A_rollout_that_was_moved_is_found_through_the_index()
    {
        using var home = new CodexHome();
        var path = home.Rollout(CodexHome.Finished, folder: "sessions/elsewhere");
        Sqlite.Create(
            Path.Combine(home.Codex, "state_5.sqlite"),
            "create table threads (id text primary key, rollout_path text)",
            $"insert into threads values ('{CodexHome.Finished}', '{path}')");
        Assert.Equal(Reasons.Done, (await home.Find(CodexHome.Finished))?.Verdict.Reason);
    }

    [Fact]
    public async Task A_watch_tells_of_a_rollout_that_grows_and_of_a_lock_that_appears()
    {
        using var home = new CodexHome();
        var path = home.Rollout(CodexHome.Finished);
        home.Lock(CodexHome.Finished);
        using var changed = new SemaphoreSlim(0);
        using var watch = home.Adapter.Watch(() => changed.Release());

        File.AppendAllText(path, """{"timestamp":"2026-11-21T08:00:00Z","type":"event_msg","payload":{"type":"task_started","turn_id":"t2"}}""" + "\n");
        Assert.True(await changed.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(Signal.Busy, (await home.Only()).Sighting.Facts.Signal);

        home.Lock(CodexHome.Tui);
        Assert.True(await changed.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task An_id_that_does_not_exist_is_not_found_and_a_text_is_no_id()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);
        Assert.Null(await home.Find("01a1fcdb-0000-7000-8000-000000000000"));
        Assert.Null(await home.Find("../../etc/passwd"));
    }

    [Fact]
    public async Task A_record_older_than_the_window_is_not_listed_unless_it_is_held()
    {
        using var home = new CodexHome();
        File.SetLastWriteTimeUtc(home.Rollout(CodexHome.Finished), CodexHome.At("2026-01-01T00:00:00Z").UtcDateTime);
        Assert.Empty((await home.Discover(Reach.All, since: "2026-11-14T00:00:00Z")).Sightings);

        home.Lock(CodexHome.Finished, home.Process());
        Assert.Single((await home.Discover(Reach.All, since: "2026-11-14T00:00:00Z")).Sightings);
    }

    [Fact]
    public async Task W54_CODEX_HOME_moves_everything()
    {
        using var elsewhere = new CodexHome();
        elsewhere.Rollout(CodexHome.Finished);
        using var home = new CodexHome(("CODEX_HOME", elsewhere.Codex));
        Assert.Equal(CodexHome.Finished, (await home.Only()).Id);
    }

    [Fact]
    public async Task A_codex_home_behind_a_link_gives_the_same_row_whoever_found_the_file()
    {
        using var elsewhere = new CodexHome();
        var rollout = elsewhere.Rollout(CodexHome.Terminated);
        var link = Path.Combine(elsewhere.Home, "link");
        Directory.CreateSymbolicLink(link, elsewhere.Codex);
        using var home = new CodexHome(("CODEX_HOME", link)) { Processes = elsewhere.Processes };
        var process = home.Process();
        process.Files = [new OpenFile(41, rollout, true)];
        elsewhere.Lock(CodexHome.Terminated, process);

        var living = await home.Only(Reach.Active);

        Assert.Equal(SessionState.Running, living.State);
        Assert.StartsWith(link, living.Verdict.Decider.Source, StringComparison.Ordinal);
        Assert.Same((await home.Only(Reach.All)).Sighting, living.Sighting);
    }

    [Fact]
    public async Task Names_come_from_files_and_locks_without_opening_them()
    {
        using var home = new CodexHome();
        File.WriteAllText(home.Rollout(CodexHome.Finished), "no json");
        home.Lock(CodexHome.Tui);
        Assert.Equal([CodexHome.Finished, CodexHome.Tui], (await home.Adapter.Names(CodexHome.Deadline())).Select(name => name.Id).Order());
    }

    [Fact]
    public async Task No_codex_home_is_nothing_found()
    {
        using var home = new CodexHome();
        var answer = await home.Discover(Reach.All);
        Assert.Empty(answer.Sightings);
        Assert.Empty(answer.Problems);
        Assert.Empty(await home.Adapter.Names(CodexHome.Deadline()));
    }

    [Fact]
    public async Task A_codex_home_that_is_no_folder_is_could_not_look()
    {
        using var home = new CodexHome();
        File.WriteAllText(home.Codex, "");
        await Assert.ThrowsAsync<CannotLookException>(() => home.Discover(Reach.All));
        await Assert.ThrowsAsync<CannotLookException>(() => home.Find(CodexHome.Finished));
    }

    [Fact]
    public async Task A_corrupt_rollout_is_named_and_the_rest_is_shown()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);
        var corrupt = home.Rollout(CodexHome.Failing);
        File.WriteAllText(corrupt, "\0\0\0 not json\n{\"half\":\n");

        var answer = await home.Discover(Reach.All);

        Assert.Equal(CodexHome.Finished, Assert.Single(answer.Sightings).Id);
        Assert.Contains(Path.GetFileName(corrupt), Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_turn_that_hides_its_start_is_told_by_the_history_database()
    {
        using var home = new CodexHome();
        var path = home.Rollout(CodexHome.Terminated);
        LongOutput(path);
        History(home, (CodexHome.Terminated, "old", 1, "inProgress"), (CodexHome.Terminated, "new", 5, "completed"));

        var session = await home.Only();

        Assert.Equal(Reasons.Done, session.Verdict.Reason);
        Assert.Equal("thread_turns completed new", session.Verdict.Decider.Fact);
    }

    [Fact]
    public async Task A_long_turn_without_a_database_is_unknown_when_held()
    {
        using var home = new CodexHome();
        LongOutput(home.Rollout(CodexHome.Terminated));
        home.Lock(CodexHome.Terminated, home.Process());
        Assert.Equal((SessionState.Unknown, Reasons.NoSignal), ((await home.Only()).State, (await home.Only()).Verdict.Reason));
    }

    [Fact]
    public async Task Doctor_counts_what_is_there()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.Finished);
        home.Rollout(CodexHome.Failing, folder: "archived_sessions");
        home.Lock(CodexHome.Tui);

        var found = (await home.Adapter.Diagnose(CodexHome.Deadline())).Places.ToDictionary(place => place.Path, place => place.Found);

        Assert.Equal("1 rollouts, 0 compressed", found["~/.codex/sessions"]);
        Assert.Equal("1 rollouts", found["~/.codex/archived_sessions"]);
        Assert.Equal("0 held, 1 left behind", found["~/.codex/thread-writer-locks"]);
    }

    private static void LongOutput(string path) => File.AppendAllLines(path, Enumerable.Repeat(
        $$$"""{"timestamp":"2026-11-21T06:49:00Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"{{{new string('x', 100_000)}}}"}}""", 12));

    private static void History(CodexHome home, params (string Thread, string Turn, int Ordinal, string Status)[] turns)
    {
        var rows = string.Join(",", turns.Select(turn => $"('{turn.Thread}','{turn.Turn}',{turn.Ordinal},'{turn.Status}',1795243702,1795243703)"));
        Sqlite.Create(
            Path.Combine(home.Codex, "thread_history_1.sqlite"),
            "create table thread_turns (thread_id text, turn_id text, rollout_ordinal integer, status text, started_at integer, completed_at integer)",
            $"insert into thread_turns values {rows}");
    }
}
