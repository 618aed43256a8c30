using Agentctl.Core;
using Agentctl.Platform;
using Xunit;

namespace Agentctl.Adapters.Tests.Codex;

public sealed class CodexTranscriptTests
{
    private static readonly string[] Roles = ["user", "tool", "tool", "assistant"];

    [Fact]
    public async Task Each_message_comes_once_with_its_tool_and_tokens()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.WithTool);

        var entries = await home.Transcript(CodexHome.WithTool);

        Assert.Equal(Roles, entries.Select(entry => entry.Role));
        Assert.Equal("ESC touch /home/dev/proj/made", entries[0].Text);
        Assert.Equal(["exec_command", "exec_command"], entries[1..3].Select(entry => entry.Tool));
        Assert.Contains("Wall time", entries[2].Text, StringComparison.Ordinal);
        Assert.Equal(("hello from fake model", new TokenUsage(10, 5)), (entries[3].Text, entries[3].Tokens));
        Assert.Equal(CodexHome.At("2026-11-21T06:50:33.214Z"), entries[3].At);
    }

    [Fact]
    public async Task An_old_core_says_the_same()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.OldCore);
        Assert.Equal(["SLEEP 8 old core", "hello from fake model"], (await home.Transcript(CodexHome.OldCore)).Select(entry => entry.Text));
    }

    [Fact]
    public async Task The_newest_entries_and_those_after_a_cursor_are_the_same_entries()
    {
        using var home = new CodexHome();
        home.Rollout(CodexHome.WithTool);
        var all = await home.Transcript(CodexHome.WithTool);

        Assert.Equal(all[2..].Select(entry => entry.Cursor), (await home.Transcript(CodexHome.WithTool, new(Last: 2))).Select(entry => entry.Cursor));
        Assert.Equal(all[1..], await home.Transcript(CodexHome.WithTool, new(After: all[0].Cursor)));
        Assert.Equal(all[3..], await home.Transcript(CodexHome.WithTool, new(Last: 2, After: all[2].Cursor)));
        Assert.Empty(await home.Transcript(CodexHome.WithTool, new(After: all[^1].Cursor)));
        Assert.Equal(all[..1], await home.Transcript(CodexHome.WithTool, new(Last: 5, Role: "user")));
    }

    [Theory]
    [InlineData(CodexHome.Interrupted, "turn aborted: interrupted")]
    [InlineData(CodexHome.Failing, "turn failed: We’re currently experiencing high demand, which may cause temporary errors.")]
    public async Task A_turn_that_ended_badly_says_so(string id, string text)
    {
        using var home = new CodexHome();
        home.Rollout(id);
        var last = (await home.Transcript(id))[^1];
        Assert.Equal(("system", text), (last.Role, last.Text));
    }

    [Fact]
    public async Task A_compressed_rollout_is_listed_unopened_and_read_whole()
    {
        Assert.SkipUnless(Zstandard.IsAvailable, "libzstd.so.1 is not installed");
        using var home = new CodexHome();
        var folder = Directory.CreateDirectory(Path.Combine(home.Codex, "sessions/2026/11/21")).FullName;
        var recorded = CodexHome.Recorded(CodexHome.WithTool);
        File.Copy(recorded + ".zst", Path.Combine(folder, Path.GetFileName(recorded) + ".zst"));

        var row = await home.Only();

        Assert.Equal((SessionState.Stopped, Reasons.Resumable), (row.State, row.Verdict.Reason));
        Assert.Equal("true", row.Sighting.Meta["compressed"]);
        Assert.Equal(Roles, (await home.Transcript(CodexHome.WithTool)).Select(entry => entry.Role));
        Assert.Equal(Roles[2..], (await home.Transcript(CodexHome.WithTool, new(Last: 2))).Select(entry => entry.Role));
        Assert.Equal(new TokenUsage(20, 10), await home.Adapter.CountTokens(CodexHome.WithTool, CodexHome.Deadline()));
    }

    [Fact]
    public async Task A_compressed_rollout_that_is_damaged_cannot_be_looked_at()
    {
        Assert.SkipUnless(Zstandard.IsAvailable, "libzstd.so.1 is not installed");
        using var home = new CodexHome();
        var folder = Directory.CreateDirectory(Path.Combine(home.Codex, "sessions/2026/11/21")).FullName;
        File.WriteAllText(Path.Combine(folder, Path.GetFileName(CodexHome.Recorded(CodexHome.WithTool)) + ".zst"), "no frame");
        await Assert.ThrowsAsync<CannotLookException>(() => home.Transcript(CodexHome.WithTool));
    }

    [Fact]
    public async Task The_thread_total_is_counted_however_far_back_it_stands()
    {
        using var home = new CodexHome();
        var path = home.Rollout(CodexHome.Forked);
        File.AppendAllLines(path, Enumerable.Repeat(
            $$$"""{"timestamp":"2026-11-21T06:49:00Z","type":"response_item","payload":{"type":"function_call_output","call_id":"c","output":"{{{new string('x', 100_000)}}}"}}""", 12));
        Assert.Equal(new TokenUsage(20, 10), await home.Adapter.CountTokens(CodexHome.Forked, CodexHome.Deadline()));
        Assert.Null(await home.Adapter.CountTokens(CodexHome.Finished, CodexHome.Deadline()));
    }
}
