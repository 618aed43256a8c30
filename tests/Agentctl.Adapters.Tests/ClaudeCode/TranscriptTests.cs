using Agentctl.Adapters.ClaudeCode;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.ClaudeCode;

/// <summary>What transcripts tell: how the newest turn ended, what stands on a row, what was said.</summary>
public sealed class TranscriptTests : IDisposable
{
    private const string Id = "11111111-1111-4111-8111-111111111111";

    private readonly ClaudeFolder claude = new();

    public void Dispose() => claude.Dispose();

    [Theory]
    [InlineData(Ids.Finished, SessionState.Stopped, "done")]
    [InlineData(Ids.KilledInATurn, SessionState.Stopped, "vanished")]
    [InlineData(Ids.Terminated, SessionState.Stopped, "aborted")]
    [InlineData(Ids.Interrupted, SessionState.Stopped, "aborted")]
    [InlineData(Ids.ApiError, SessionState.Error, "failed")]
    [InlineData(Ids.NeverAsked, SessionState.Stopped, "never-run")]
    [InlineData(Ids.AfterClear, SessionState.Stopped, "done")]
    [InlineData(Ids.TwoProcesses, SessionState.Stopped, "done")]
    [InlineData(Ids.ClosedOnToolResult, SessionState.Stopped, "aborted")]
    public async Task A_transcript_that_nothing_holds_ended_as_its_newest_turn_did(string id, SessionState state, string reason)
    {
        claude.Transcript(id);
        var session = await claude.Only();
        Assert.Equal((state, reason, false), (session.State, session.Verdict.Reason, session.Verdict.IsAlive));
        Assert.Equal($"~/.claude/projects/-home-dev-proj/{id}.jsonl", session.Verdict.Decider.Source);
    }

    /// <summary>JavaScript cuts texts within a character. One of those once made every session of Claude Code unknown.</summary>
    [Fact]
    public async Task A_text_that_was_cut_within_a_character_is_shown()
    {
        claude.Transcript(
            Id,
            $$$"""{"type":"user","sessionId":"{{{Id}}}","cwd":"/w","timestamp":"2026-11-27T20:00:00.000Z","uuid":"a","message":{"role":"user","content":"cut \ud83d"}}""",
            $$$"""{"type":"assistant","sessionId":"{{{Id}}}","cwd":"/w","timestamp":"2026-11-27T20:00:01.000Z","uuid":"b","message":{"role":"assistant","model":"m","stop_reason":"end_turn","content":[{"type":"text","text":"\udc00 too"}]}}""");
        Assert.Equal("cut \ufffd", (await claude.Only()).Sighting.Prompt);
        var said = new List<string>();
        await foreach (var entry in claude.Adapter.ReadTranscript(Id, new TranscriptRange(), default))
        {
            said.Add(entry.Text);
        }

        Assert.Equal(["cut \ufffd", "\ufffd too"], said);
    }

    [Fact]
    public async Task A_row_has_what_the_transcript_says()
    {
        claude.Transcript(Ids.BeforeClear);
        var row = (await claude.Only()).Sighting;
        Assert.Equal(("RUN touch /home/dev/perm-x", "/home/dev/proj", "claude-fake"), (row.Prompt, row.Cwd, row.Model));
        Assert.Equal((new TokenUsage(20, 10), 0.00028m), (row.Tokens, row.Cost));
        Assert.Equal(DateTimeOffset.Parse("2026-11-21T06:48:27.164Z"), row.LastActivityAt);
        Assert.Equal(("master", "2.1.329", "cli"), (row.Meta["gitBranch"], row.Meta["version"], row.Meta["entrypoint"]));
        Assert.Equal(claude.Home, row.Facts.SignalEvidence!.Source.Replace("~", claude.Home)[..claude.Home.Length]);
    }

    [Fact]
    public async Task A_session_without_running_total_has_no_tokens()
    {
        claude.Transcript(Ids.KilledInATurn);
        Assert.Equal((null, null), ((await claude.Only()).Sighting.Tokens, (await claude.Only()).Sighting.Cost));
    }

    [Fact]
    public async Task The_prompt_is_the_first_thing_a_human_asked()
    {
        claude.Transcript(Id,
            User("<local-command-caveat>Caveat</local-command-caveat>", "\"isMeta\":true,"),
            User("<command-name>/model</command-name> <command-message>model</command-message> <command-args></command-args>"),
            User("<system-reminder>be brief</system-reminder>"),
            User("a note", "\"isMeta\":true,"),
            User("<task-notification>done</task-notification>"),
            User("a notice", "\"origin\":{\"kind\":\"task-notification\"},"),
            """{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"hi"}]}}""",
            """{"type":"user","message":{"role":"user","content":[{"type":"text","text":"<ide_opened_file>x</ide_opened_file>"},{"type":"text","text":"fix the door"}]}}""",
            User("and the window"));
        Assert.Equal("fix the door", (await claude.Only()).Sighting.Prompt);
    }

    [Fact]
    public async Task A_slash_command_is_the_prompt_where_nothing_else_was_asked()
    {
        claude.Transcript(Id, User("<command-message>review</command-message> <command-name>/review</command-name> <command-args>42</command-args>"), Assistant("m1", "end_turn"));
        Assert.Equal("/review 42", (await claude.Only()).Sighting.Prompt);
    }

    [Theory]
    [InlineData("""{"type":"ai-title","aiTitle":"Old"}""", """{"type":"ai-title","aiTitle":"Mend the door"}""", "Mend the door")]
    [InlineData("""{"type":"custom-title","customTitle":"My door"}""", """{"type":"ai-title","aiTitle":"Mend the door"}""", "My door")]
    public async Task The_title_is_the_newest_and_the_humans_own_goes_first(string older, string newer, string title)
    {
        claude.Transcript(Id, User("fix the door"), older, Assistant("m1", "end_turn"), newer);
        Assert.Equal(title, (await claude.Only()).Sighting.Meta["title"]);
    }

    [Theory]
    [InlineData("tool_use", "vanished")]
    [InlineData("end_turn", "done")]
    [InlineData("max_tokens", "done")]
    [InlineData(null, "done")]
    public async Task The_stop_reason_tells_whether_the_turn_finished(string? stopReason, string reason)
    {
        claude.Transcript(Id, User("fix the door"), Assistant("m1", stopReason));
        Assert.Equal(reason, (await claude.Only()).Verdict.Reason);
    }

    [Fact]
    public async Task A_synthetic_answer_finishes_nothing_and_names_no_model()
    {
        claude.Transcript(Id, Assistant("m0", "end_turn"), User("fix the door"), Assistant("s", "stop_sequence").Replace("claude-fake", "<synthetic>"));
        var session = await claude.Only();
        Assert.Equal(("vanished", "claude-fake"), (session.Verdict.Reason, session.Sighting.Model));
    }

    [Fact]
    public async Task A_turn_that_Claude_began_itself_counts_and_other_notes_to_itself_do_not()
    {
        claude.Transcript(Id, User("fix the door"), Assistant("m1", "end_turn"), User("some note", "\"isMeta\":true,"));
        Assert.Equal("done", (await claude.Only()).Verdict.Reason);
        claude.Transcript(Id, User("fix the door"), Assistant("m1", "end_turn"), User("Continue from where you left off.", "\"isMeta\":true,\"turnPosition\":{\"promptIndex\":1},"));
        Assert.Equal("vanished", (await claude.Only()).Verdict.Reason);
    }

    [Fact]
    public async Task Unknown_records_and_a_torn_end_are_passed_over_and_broken_lines_named()
    {
        var path = claude.Transcript(Id, User("fix the door"), """{"type":"of-next-year","x":{"deep":[1]}}""", "not json", """["an array"]""", Assistant("m1", "end_turn"));
        File.AppendAllText(path, """{"type":"user","message":{"role":"user","content":"torn""");
        var answer = await claude.Discover();
        Assert.Equal("done", Session.From(Assert.Single(answer.Sightings)).Verdict.Reason);
        var problem = Assert.Single(answer.Problems);
        Assert.StartsWith($"~/.claude/projects/-home-dev-proj/{Id}.jsonl, line 3: it is not valid JSON: ", problem, StringComparison.Ordinal);
        Assert.EndsWith("; the record is skipped; 1 more damaged record in this file", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_a_turn_is_found_behind_long_bookkeeping()
    {
        var blob = $$"""{"type":"api-request-blob","message":"{{new string('x', 300_000)}}"}""";
        claude.Transcript(Id, User("fix the door"), Assistant("m1", "end_turn"), blob, blob);
        Assert.Equal(("done", "claude-fake"), ((await claude.Only()).Verdict.Reason, (await claude.Only()).Sighting.Model));
    }

    [Fact]
    public async Task Sub_agents_are_no_sessions()
    {
        claude.Transcript(Ids.WithSubAgent);
        claude.Transcript("agent-0011", User("count", "\"isSidechain\":true,"));
        claude.Transcript("22222222-2222-4222-8222-222222222222", User("count", "\"isSidechain\":true,"));
        Assert.Equal(Ids.WithSubAgent, (await claude.Only()).Id);
    }

    [Theory]
    [InlineData(Ids.TwoBlocks, 20, 14)]
    [InlineData(Ids.WithSubAgent, 30, 15)]
    [InlineData(Ids.Forked, 30, 19)]
    [InlineData(Ids.ApiError, null, null)]
    public async Task Tokens_are_counted_once_per_message_and_with_sub_agents_as_Claude_itself_counts(string id, int? input, int? output)
    {
        claude.Transcript(id);
        var counted = await claude.Adapter.CountTokens(id, TestContext.Current.CancellationToken);
        Assert.Equal((input, output), ((int?)counted?.In, (int?)counted?.Out));
        if (counted is not null)
        {
            Assert.Equal((await claude.Only()).Sighting.Tokens, counted);
        }
    }

    [Fact]
    public async Task Sub_agents_of_older_versions_beside_the_transcript_are_counted()
    {
        claude.Transcript(Id, User("x"), Assistant("m1", "end_turn"));
        claude.Transcript("agent-01", Assistant("m2", "end_turn", $"\"sessionId\":\"{Id}\",\"isSidechain\":true,"));
        claude.Transcript("agent-02", Assistant("m3", "end_turn", "\"sessionId\":\"another\",\"isSidechain\":true,"));
        Assert.Equal(new TokenUsage(20, 10), await claude.Adapter.CountTokens(Id, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_conversation_is_read_without_bookkeeping()
    {
        claude.Transcript(Ids.TwoBlocks);
        Assert.Equal(
            [
                ("user", null, "TWO SAY part one"), ("assistant", null, "part one"), ("tool", "Bash", """{"command":"echo hi"}"""),
                ("tool", "Bash", "hi"), ("assistant", null, "hello from fake model"),
            ],
            (await Entries(Ids.TwoBlocks)).Select(e => (e.Role, e.Tool, e.Text)));
    }

    [Fact]
    public async Task The_usage_of_a_message_is_told_once()
    {
        claude.Transcript(Ids.TwoBlocks);
        var total = (await Entries(Ids.TwoBlocks)).Select(e => e.Tokens).OfType<TokenUsage>().Aggregate((a, b) => a + b);
        Assert.Equal(new TokenUsage(20, 14), total);
    }

    [Fact]
    public async Task The_newest_entries_are_the_end_of_all_and_a_role_is_picked_before_counting()
    {
        claude.Transcript(Ids.TwoBlocks);
        var all = await Entries(Ids.TwoBlocks);
        for (var last = 0; last <= all.Count + 1; last++)
        {
            Assert.Equal(all.TakeLast(last).Select(e => (e.Cursor, e.Role, e.Text)), (await Entries(Ids.TwoBlocks, new TranscriptRange(Last: last))).Select(e => (e.Cursor, e.Role, e.Text)));
        }

        Assert.Equal(["part one", "hello from fake model"], (await Entries(Ids.TwoBlocks, new TranscriptRange(Last: 2, Role: "assistant"))).Select(e => e.Text));
    }

    [Fact]
    public async Task A_reader_goes_on_after_its_cursor()
    {
        var path = claude.Transcript(Ids.TwoBlocks);
        var all = await Entries(Ids.TwoBlocks);
        foreach (var entry in all)
        {
            Assert.Equal(all.Where(e => e.Cursor > entry.Cursor).Select(e => e.Text), (await Entries(Ids.TwoBlocks, new TranscriptRange(After: entry.Cursor))).Select(e => e.Text));
        }

        File.AppendAllText(path, User("one more") + "\n");
        Assert.Equal("one more", Assert.Single(await Entries(Ids.TwoBlocks, new TranscriptRange(After: all[^1].Cursor))).Text);
        Assert.Equal("one more", Assert.Single(await Entries(Ids.TwoBlocks, new TranscriptRange(Last: 9, After: all[^1].Cursor))).Text);
    }

    [Fact]
    public async Task Interruptions_errors_and_commands_are_told_as_such()
    {
        claude.Transcript(Ids.Interrupted);
        claude.Transcript(Ids.ApiError);
        claude.Transcript(Ids.AfterClear);
        Assert.Equal(("system", "[Request interrupted by user]"), ((await Entries(Ids.Interrupted))[^1].Role, (await Entries(Ids.Interrupted))[^1].Text));
        Assert.Equal(("system", "API Error: 400 fake failure"), ((await Entries(Ids.ApiError))[^1].Role, (await Entries(Ids.ApiError))[^1].Text));
        Assert.Equal(["/clear", "SAY after clear", "after clear"], (await Entries(Ids.AfterClear)).Select(e => e.Text));
    }

    [Theory]
    [InlineData("/home/dev/proj", "-home-dev-proj")]
    [InlineData("/home/dev/a.b_c", "-home-dev-a-b-c")]
    [InlineData("/home/dév", "-home-d-v")]
    [InlineData("", null)]
    public void The_folder_of_a_directory_is_named_as_Claude_names_it(string directory, string? slug) => Assert.Equal(slug, ClaudePlaces.SlugOf(directory));

    private async Task<List<TranscriptEntry>> Entries(string id, TranscriptRange? range = null)
    {
        var entries = new List<TranscriptEntry>();
        await foreach (var entry in claude.Adapter.ReadTranscript(id, range ?? new TranscriptRange(), TestContext.Current.CancellationToken))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static string User(string text, string fields = "") =>
        $$"""{"type":"user",{{fields}}"message":{"role":"user","content":"{{text}}"},"timestamp":"2026-11-21T06:00:00.000Z"}""";

    private static string Assistant(string id, string? stopReason, string fields = "") =>
        $$$"""{"type":"assistant",{{{fields}}}"message":{"id":"{{{id}}}","model":"claude-fake","content":[{"type":"text","text":"done"}],"stop_reason":{{{(stopReason is null ? "null" : $"\"{stopReason}\"")}}},"usage":{"input_tokens":10,"output_tokens":5} } }""";
}
