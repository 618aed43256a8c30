using System.Text;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

/// <summary>One damaged record of Codex costs that record; children that repeat their parent; one thread in two files.</summary>
public sealed class CodexDamagedFileTests : IDisposable
{
    // Made at 2026-11-21T06:47:02Z, 06:48:00Z and 06:50:00Z.
    private const string Parent = "01a1fcdb-c06a-7000-8000-000000000001";
    private const string Child = "01a1fcdc-a2d8-7000-8000-000000000002";
    private const string ParentTurn = "01a1fcdb-c46a-7000-8000-00000000000a";
    private const string ChildTurn = "01a1fcdc-a6d8-7000-8000-00000000000b";

    private readonly CodexHome codex = new();

    public void Dispose() => codex.Dispose();

    private string Write(string id, params string[] lines) => Write(id, "sessions/2026/11/21", lines);

    private string Write(string id, string folder, string[] lines)
    {
        var path = Path.Combine(codex.Codex, folder, $"rollout-2026-11-21T06-47-02-{id}.jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Concat(lines.Select(static line => line + "\n")));
        return path;
    }

    private static string Meta(string id, string cwd, string more = "") =>
        $$$"""{"timestamp":"2026-11-21T06:47:02.616Z","type":"session_meta","payload":{"session_id":"{{{Parent}}}","id":"{{{id}}}","timestamp":"2026-11-21T06:47:02.616Z","cwd":"{{{cwd}}}","originator":"codex_exec","cli_version":"0.144.0","source":"exec"{{{more}}}}}""";

    private static string[] Turn(string turn, string cwd, string prompt, int total) =>
    [
        $$$"""{"timestamp":"2026-11-21T06:47:03.000Z","type":"event_msg","payload":{"type":"task_started","turn_id":"{{{turn}}}"}}""",
        $$$"""{"timestamp":"2026-11-21T06:47:03.000Z","type":"turn_context","payload":{"turn_id":"{{{turn}}}","cwd":"{{{cwd}}}","model":"gpt-fake"}}""",
        $$$"""{"timestamp":"2026-11-21T06:47:03.000Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"{{{prompt}}}"}]}}""",
        $$$"""{"timestamp":"2026-11-21T06:47:04.000Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"answer"}]}}""",
        $$$"""{"timestamp":"2026-11-21T06:47:04.000Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"cached_input_tokens":0,"input_tokens":{{{total}}},"output_tokens":{{{total / 10}}} } } } }""",
        $$$"""{"timestamp":"2026-11-21T06:47:05.000Z","type":"event_msg","payload":{"type":"task_complete","turn_id":"{{{turn}}}","last_agent_message":"answer"}}""",
    ];

    [Fact]
    public async Task A_child_that_repeats_its_parent_has_its_own_prompt_and_tokens()
    {
        Write(Child, [Meta(Child, "/w/child", $",\"parent_thread_id\":\"{Parent}\""), Meta(Parent, "/w/parent"), .. Turn(ParentTurn, "/w/parent", "parent's", 2000), .. Turn(ChildTurn, "/w/child", "child's", 2050)]);
        var row = (await codex.Only()).Sighting;
        Assert.Equal(("child's", "/w/child", Parent), (row.Prompt, row.Cwd, row.Meta["parent"]));
        Assert.Equal(new TokenUsage(50, 5), row.Tokens);
        Assert.Equal(new TokenUsage(50, 5), await codex.Adapter.CountTokens(Child, default));
    }

    [Fact]
    public async Task A_fork_in_which_nothing_was_asked_is_about_what_its_parent_was_asked()
    {
        Write(Child, [Meta(Child, "/w/child", $",\"forked_from_id\":\"{Parent}\""), Meta(Parent, "/w/parent"), .. Turn(ParentTurn, "/w/parent", "parent's", 2000)]);
        var row = (await codex.Only()).Sighting;
        Assert.Equal(("parent's", "/w/child", new TokenUsage(0, 0)), (row.Prompt, row.Cwd, row.Tokens));
    }

    [Fact]
    public async Task A_torn_first_line_leaves_the_directory_of_the_turns_and_never_the_parents()
    {
        Write(Child, [Meta(Child, "/w/child")[..120], Meta(Parent, "/w/parent"), .. Turn(ChildTurn, "/w/child", "child's", 50)]);
        var answer = await codex.Discover(Reach.All);
        var row = Assert.Single(answer.Sightings);
        Assert.Equal(("child's", "/w/child"), (row.Prompt, row.Cwd));
        Assert.Equal("2026-11-21T06:48", row.StartedAt?.ToString("yyyy-MM-ddTHH:mm", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Contains(", line 1: it ends in the middle (byte 120 of the line); the record is skipped", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thread_works_where_its_newest_turn_works()
    {
        Write(Parent, [Meta(Parent, "/w/first"), .. Turn(ParentTurn, "/w/first", "one", 10), .. Turn(ChildTurn, "/w/moved", "two", 20)]);
        Assert.Equal("/w/moved", (await codex.Only()).Sighting.Cwd);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_thread_in_the_archive_and_outside_it_is_the_same_in_list_and_status(int archivedLater)
    {
        var active = Write(Parent, [Meta(Parent, "/w"), .. Turn(ParentTurn, "/w", "one", 10)]);
        var archived = Write(Parent, "archived_sessions", [Meta(Parent, "/w"), .. Turn(ParentTurn, "/w", "one", 10), .. Turn(ChildTurn, "/w", "two", 70)]);
        File.SetLastWriteTimeUtc(active, new DateTime(2026, 11, 27, 20, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(archived, new DateTime(2026, 11, 27, 20, 0, 0, DateTimeKind.Utc).AddSeconds(archivedLater));
        var listed = (await codex.Only()).Sighting;
        var found = (await codex.Find(Parent))!.Sighting;
        Assert.Same(listed, found);
        Assert.Equal(listed.Tokens, await codex.Adapter.CountTokens(Parent, default));
        if (archivedLater != 0)
        {
            Assert.Equal((archivedLater > 0, archivedLater > 0 ? 70 : 10), (listed.Meta.ContainsKey("archived"), (int)listed.Tokens!.In));
        }
    }

    [Theory]
    [InlineData("glued")]
    [InlineData("NUL bytes")]
    [InlineData("a byte order mark")]
    [InlineData("a bad byte")]
    [InlineData("a wrong type")]
    public async Task A_record_with_damage_around_it_is_read(string damage)
    {
        string[] whole = [Meta(Parent, "/w"), .. Turn(ParentTurn, "/w", "one", 10)];
        var path = Write(Parent, whole);
        byte[] bytes = damage switch
        {
            "glued" => Encoding.UTF8.GetBytes(string.Concat(whole) + "\n"),
            "NUL bytes" => [.. File.ReadAllBytes(path)[..^1], .. new byte[9000], (byte)'\n'],
            "a byte order mark" => [0xEF, 0xBB, 0xBF, .. File.ReadAllBytes(path)],
            "a bad byte" => [.. File.ReadAllBytes(path).Select(static value => value == (byte)'@' ? (byte)0xE9 : value)],
            _ => Encoding.UTF8.GetBytes(File.ReadAllText(path).Replace("\"source\":\"exec\"", "\"source\":7", StringComparison.Ordinal)),
        };
        File.WriteAllBytes(path, bytes);
        codex.Rollout(CodexHome.Finished);
        var answer = await codex.Discover(Reach.All);
        Assert.Empty(answer.Problems);
        Assert.Equal(2, answer.Sightings.Count);
        var row = answer.Sightings.Single(static sighting => sighting.Id == Parent);
        Assert.Equal(("one", "/w", "gpt-fake", "done"), (row.Prompt, row.Cwd, row.Model, Session.From(row).Verdict.Reason));
        Assert.Equal(["one", "answer"], (await codex.Transcript(Parent)).Select(static entry => entry.Text));
    }

    [Fact]
    public async Task The_first_question_is_found_behind_a_picture_of_megabytes()
    {
        var picture = $$"""{"type":"input_image","image_url":"data:image/png;base64,{{new string('A', 12_000_000)}}"},""";
        Write(Parent, [Meta(Parent, "/w"), .. Turn(ParentTurn, "/w", "what is this?", 10).Select(line => line.Replace("[{\"type\":\"input_text\"", $"[{picture}{{\"type\":\"input_text\"", StringComparison.Ordinal))]);
        Assert.Equal("what is this?", (await codex.Only()).Sighting.Prompt);
    }

    [Fact]
    public async Task A_bad_line_in_the_list_of_names_costs_that_name()
    {
        codex.Rollout(CodexHome.Finished);
        codex.Rollout(CodexHome.Interrupted);
        File.WriteAllText(
            Path.Combine(codex.Codex, "session_index.jsonl"),
            $$"""
            {"id":"{{CodexHome.Interrupted}}","thread_name":"the door"}
            {"id":"{{CodexHome.Finished}}","thread_na

            """);
        var answer = await codex.Discover(Reach.All);
        Assert.Equal("the door", answer.Sightings.Single(static sighting => sighting.Id == CodexHome.Interrupted).Meta["title"]);
        Assert.StartsWith("~/.codex/session_index.jsonl, line 2: it ends in the middle", Assert.Single(answer.Problems), StringComparison.Ordinal);
    }
}
