using System.Text.Json;
using Agentctl.Cli.Terminals;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests;

public sealed class CommandLineTests
{
    private readonly Stage stage = new();

    [Fact]
    public async Task List_json_is_a_bare_array_of_the_rows_as_they_came()
    {
        stage.Sessions.Rows.AddRange([SampleRows.Waiting, SampleRows.Running]);

        Assert.Equal(ExitCode.Done, await stage.Run("list", "--json"));

        using var printed = JsonDocument.Parse(stage.Output);
        Assert.Equal(["id", "adapter", "status"], printed.RootElement[0].EnumerateObject().Take(3).Select(property => property.Name));
        Assert.Equal(SampleRows.Running.Prompt, printed.RootElement[1].GetProperty("prompt").GetString());
        Assert.StartsWith("[\n  {\n    \"id\": \"be7f09a7", stage.Output, StringComparison.Ordinal);
        Assert.Empty(stage.Error);
    }

    [Fact]
    public async Task List_without_rows_says_so()
    {
        Assert.Equal(ExitCode.Done, await stage.Run("list"));
        Assert.Equal("No sessions found.\n", stage.Output);
    }

    [Fact]
    public async Task List_without_rows_never_says_nothing_found_when_an_adapter_could_not_look()
    {
        stage.Sessions.Adapters.Add(new AdapterReport("openclaw", "failed", 1, "refused", [], [], null));
        Assert.Equal(ExitCode.Done, await stage.Run("list"));
        Assert.Equal("0 active, unknown beside (openclaw: could not look)\n", stage.Output);
    }

    [Fact]
    public async Task List_puts_who_needs_you_first_and_unknown_beside_the_count()
    {
        stage.Sessions.Rows.AddRange([SampleRows.Running, SampleRows.Unknown, SampleRows.Waiting]);
        stage.Sessions.Adapters.Add(new AdapterReport("openclaw", "timed-out", 5000, "no answer within 5 s", [], [], SampleRows.Now.AddSeconds(-40)));

        Assert.Equal(ExitCode.Done, await stage.Run("list"));

        var lines = stage.Output.Split('\n');
        Assert.StartsWith("● waiting", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("● running", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("◐ unknown", lines[3], StringComparison.Ordinal);
        Assert.Equal("2 active, 1 waiting for you, 1 unknown (openclaw: timed out, last answer 40 s ago)", lines[5]);
        Assert.Equal("warning: openclaw: no answer within 5 s\n", stage.Error);
    }

    [Fact]
    public async Task List_names_one_damaged_file_of_each_kind_and_counts_the_others()
    {
        stage.Sessions.Adapters.Add(new AdapterReport("pi", "ok", 1, null, [.. Enumerable.Range(1, 30).Select(n => $"~/{n}.jsonl:1: not JSON"), "~/x.jsonl: empty", "a", "b", "c"], [], SampleRows.Now));
        stage.Sessions.Adapters.Add(new AdapterReport("codex", "ok", 1, null, ["~/a.jsonl:2: cut"], [], SampleRows.Now));

        Assert.Equal(ExitCode.Done, await stage.Run("list"));

        Assert.Equal(
            """
            warning: pi: ~/1.jsonl:1: not JSON (and 29 more like it: agentctl doctor)
            warning: pi: ~/x.jsonl: empty
            warning: pi: a
            warning: pi: and 2 more: agentctl doctor
            warning: codex: ~/a.jsonl:2: cut

            """,
            stage.Error);
    }

    [Fact]
    public async Task List_json_names_every_damaged_file()
    {
        stage.Sessions.Adapters.Add(new AdapterReport("pi", "ok", 1, null, [.. Enumerable.Range(1, 30).Select(n => $"~/{n}.jsonl:1: not JSON")], [], SampleRows.Now));
        await stage.Run("list", "--json");
        Assert.Equal(30, stage.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("-q")]
    public async Task List_for_scripts_exits_6_when_an_adapter_left_nothing(string format)
    {
        stage.Sessions.Adapters.Add(new AdapterReport("openclaw", "failed", 1, "refused", [], [], null));
        Assert.Equal(ExitCode.Partial, await stage.Run("list", format));
        Assert.Contains("openclaw: refused", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_json_exits_0_when_a_failing_adapter_is_remembered()
    {
        stage.Sessions.Adapters.Add(new AdapterReport("openclaw", "failed", 1, "refused", [], [], SampleRows.Now));
        Assert.Equal(ExitCode.Done, await stage.Run("list", "--json"));
    }

    [Fact]
    public async Task Count_is_one_line_and_names_an_adapter_that_could_not_look()
    {
        stage.Sessions.Adapters.Add(new AdapterReport("openclaw", "failed", 1, "refused", [], [], null));
        Assert.Equal(ExitCode.Done, await stage.Run("list", "--count"));
        Assert.Equal("0 active, unknown beside (openclaw: could not look)\n", stage.Output);
    }

    [Theory]
    [InlineData("waiting", "1 waiting\n")]
    [InlineData("idle", "0 idle\n")]
    public async Task Count_of_one_state_counts_that_state(string status, string expected)
    {
        if (status == "waiting")
        {
            stage.Sessions.Rows.Add(SampleRows.Waiting);
        }

        await stage.Run("list", "--status", status, "--count");
        Assert.Equal(expected, stage.Output);
    }

    [Fact]
    public async Task Quiet_never_prints_two_lines_for_one_id()
    {
        stage.Sessions.Rows.AddRange([SampleRows.Running with { Id = "a\nclaude-code/victim" }, SampleRows.Waiting]);
        Assert.Equal(ExitCode.Partial, await stage.Run("list", "-q"));
        Assert.Equal($"{SampleRows.Waiting.Id}\n", stage.Output);
        Assert.Contains("the id a claude-code/victim contains blanks", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_prints_whole_ids()
    {
        stage.Sessions.Rows.AddRange([SampleRows.Running, SampleRows.Waiting]);
        await stage.Run("list", "-q");
        Assert.Equal($"{SampleRows.Waiting.Id}\n{SampleRows.Running.Id}\n", stage.Output);
    }

    [Fact]
    public async Task Filters_reach_the_api()
    {
        await stage.Run("list", "-a", "--adapter", "codex", "--status", "completed", "--group", "g-1", "--since", "2h");
        Assert.Equal(new ListQuery(true, "codex", SessionState.Stopped, "g-1", SampleRows.Now.AddHours(-2), true), stage.Sessions.Asked[0]);
    }

    [Theory]
    [InlineData("Unknown option: --jsno. Did you mean --json?", "list", "--jsno")]
    [InlineData("Unknown command: lst. Did you mean list?", "lst")]
    [InlineData("Unexpected argument: extra.", "list", "extra")]
    [InlineData("Unknown adapter: nope. Known: claude-code, codex, opencode, pi, gemini, openclaw.", "list", "--adapter", "nope")]
    [InlineData("Unknown status: nope.", "list", "--status", "nope")]
    [InlineData("Not a time: soon.", "list", "--since", "soon")]
    [InlineData("Required argument missing: <session>.", "status")]
    [InlineData("Not a number of entries: x.", "peek", "a", "-n", "x")]
    public async Task Wrong_command_line_exits_2_with_a_hint(string begins, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await stage.Run(arguments));
        Assert.StartsWith(begins, stage.Error, StringComparison.Ordinal);
        Assert.Empty(stage.Output);
        Assert.Empty(stage.Sessions.Asked);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("explain")]
    [InlineData("peek")]
    [InlineData("logs")]
    public async Task Unknown_id_exits_4_with_the_reference_tools_words(string command)
    {
        stage.Sessions.Problem = new ProblemDocument("/problems/not-found", "Session not found", 404, "");
        Assert.Equal(ExitCode.NotFound, await stage.Run(command, "nope"));
        Assert.StartsWith("Session not found: nope\n", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_id_exits_6_when_an_adapter_could_not_look()
    {
        stage.Sessions.Problem = new ProblemDocument("/problems/not-found", "Session not found", 404, "", CouldNotLook: ["openclaw: refused"]);
        Assert.Equal(ExitCode.Partial, await stage.Run("status", "nope"));
        Assert.Contains("openclaw: refused", stage.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ambiguous_prefix_lists_the_candidates_and_exits_2()
    {
        stage.Sessions.Problem = new ProblemDocument("/problems/ambiguous", "Ambiguous", 409, "", Candidates: ["codex/01a1", "codex/01a2"]);
        Assert.Equal(ExitCode.Usage, await stage.Run("status", "01a"));
        Assert.Equal("Ambiguous: 01a means 2 sessions. Say more of the id:\n  codex/01a1\n  codex/01a2\n", stage.Error);
    }

    [Fact]
    public async Task Status_json_is_the_row()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        await stage.Run("status", "2d90", "--json");
        var list = new Stage();
        list.Sessions.Rows.Add(SampleRows.Running);
        await list.Run("list", "--json");

        var row = list.Output.Split('\n')[1..^2].Select(line => line[2..]);
        Assert.Equal(string.Join('\n', row) + "\n", stage.Output);
    }

    [Fact]
    public async Task W26_adapter_flag_says_the_same_as_a_reference_with_the_adapter()
    {
        stage.Sessions.Rows.Add(SampleRows.Ended);
        await stage.Run("status", "01a1", "--adapter", "codex", "--json");
        await stage.Run("status", "codex/01a1", "--adapter", "codex", "--json");
        Assert.Equal(["codex/01a1", "codex/01a1"], stage.Sessions.Asked);
    }

    [Theory]
    [InlineData("peek", 20)]
    [InlineData("logs", 50)]
    public async Task Peek_and_logs_ask_for_as_many_entries_as_the_reference_tool(string command, int entries)
    {
        await stage.Run(command, "x");
        Assert.Equal(new TranscriptQuery(entries), stage.Sessions.Asked[1]);
    }

    [Fact]
    public async Task Logs_of_everything_ask_without_a_limit()
    {
        await stage.Run("logs", "x", "-n", "0", "--role", "user");
        Assert.Equal(new TranscriptQuery(null, "user"), stage.Sessions.Asked[1]);
    }

    [Fact]
    public async Task Peek_json_is_an_array_and_with_follow_one_object_per_line()
    {
        stage.Sessions.Entries.AddRange([new("user", "a", null, null, null, 1), new("assistant", "b", null, null, null, 2)]);
        await stage.Run("peek", "x", "--json");
        using var array = JsonDocument.Parse(stage.Output);
        Assert.Equal(2, array.RootElement.GetArrayLength());

        var following = new Stage();
        following.Sessions.Entries.AddRange(stage.Sessions.Entries);
        await following.Run("peek", "x", "--json", "-f");
        Assert.Equal("""
            {"role":"user","text":"a","cursor":1}
            {"role":"assistant","text":"b","cursor":2}

            """, following.Output);
    }

    [Fact]
    public async Task Watch_draws_again_only_when_something_reads_differently()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        var first = stage.Sessions.Document(true);
        stage.Sessions.Changes.AddRange([first, first, first with { Sessions = [SampleRows.Waiting], ShortIds = ["be7f09a7"] }]);
        await stage.Run("list", "--watch");
        Assert.Equal(2, stage.Output.Split("Status").Length - 1);
        Assert.DoesNotContain('\u001b', stage.Output);
    }

    [Fact]
    public async Task Watch_on_a_terminal_uses_the_other_screen_and_leaves_it()
    {
        var onTerminal = new Stage(new TerminalTraits(true, 80, 3, false));
        onTerminal.Sessions.Rows.AddRange([SampleRows.Running, SampleRows.Waiting]);
        onTerminal.Sessions.Changes.Add(onTerminal.Sessions.Document(true));
        await onTerminal.Run("list", "--watch");
        Assert.StartsWith("\u001b[?1049h", onTerminal.Output, StringComparison.Ordinal);
        Assert.EndsWith("\u001b[?1049l", onTerminal.Output, StringComparison.Ordinal);
        Assert.Equal(2, onTerminal.Output.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Reference_that_begins_with_an_at_sign_is_no_response_file()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        await stage.Run("status", "@4711-159413", "--json");
        Assert.Equal(["@4711-159413"], stage.Sessions.Asked);
    }

    [Fact]
    public async Task List_tells_of_what_is_queued_what_it_waits_for_and_counts_it_beside_the_active()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        stage.Sessions.Rows.Add(SampleRows.Running with
        {
            Id = "@0k3n8v4w2r7p", Status = "queued", Reason = "no-slot", Alive = false, Pid = null,
            Evidence = new RowEvidence("~/.agentctl/launches/0k3n8v4w2r7p/queued.json", "every slot of all is held (1/1): codex/01a1", SampleRows.Now),
        });
        Assert.Equal(ExitCode.Done, await stage.Run("list"));
        Assert.Contains("○ queued", stage.Output, StringComparison.Ordinal);
        Assert.Contains(" waits: every slot of all is held (1/1): codex/01a1\n", stage.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 active, 1 queued\n", stage.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_looks_for_no_session_and_names_none()
    {
        stage.Sessions.Rows.Add(SampleRows.Running);
        foreach (var line in (string[][])[["--help"], ["status", "--help"], ["resume", "--help"], ["stop", "--help"], ["queue", "cancel", "--help"]])
        {
            var output = new StringWriter();
            Assert.Equal(0, await CommandLine.Build(stage.Around).Parse(line).InvokeAsync(new System.CommandLine.InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken));
            Assert.Contains("<session>", output.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(SampleRows.Running.Id, output.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(stage.Sessions.Asked);
    }

    [Fact]
    public async Task Every_command_has_help_with_an_example()
    {
        foreach (var command in CommandLine.Build(stage.Around).Subcommands)
        {
            foreach (var leaf in command.Subcommands.Count > 0 ? [.. command.Subcommands] : new[] { command })
            {
                var output = new StringWriter();
                var path = leaf == command ? new[] { command.Name } : [command.Name, leaf.Name];
                var parse = CommandLine.Build(stage.Around).Parse([.. path, "--help"]);
                Assert.Equal(0, await parse.InvokeAsync(new System.CommandLine.InvocationConfiguration { Output = output }, TestContext.Current.CancellationToken));
                Assert.Contains("Examples:", output.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Version_names_commit_and_runtime()
    {
        Assert.Equal(ExitCode.Done, await stage.Run("--version"));
        Assert.Equal($"agentctl {BuildStamp.Version} (commit {BuildStamp.Commit}, {BuildStamp.Runtime})\n", stage.Output);
    }
}
