using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Agentctl.Testing;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

/// <summary>Every page at fixed widths, kept as files.</summary>
public sealed class PagesTests
{
    private static readonly IReadOnlyList<(SessionRow, string)> Rows =
    [
        (SampleRows.Waiting, "be7f09a7"), (SampleRows.Running, "2d90595b"), (SampleRows.Unknown, "agent:ma"), (SampleRows.Ended, "01a1fbb7-1603"),
    ];

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    [InlineData(null)]
    public void List_fits_the_width(int? width)
    {
        var page = new Page();
        SessionTable.Write(page, Rows, Stage.Look(width));
        Matches($"list-{width?.ToString() ?? "pipe"}", page);
        Assert.All(page.ToString().Split('\n'), line => Assert.True(width is null || TextWidth.Of(line) <= width, line));
    }

    [Fact]
    public void List_in_colour()
    {
        var page = new Page();
        SessionTable.Write(page, Rows, Stage.Look(120, colour: true));
        Matches("list-colour", page);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(120)]
    public void Explain_wraps(int width)
    {
        var page = new Page();
        ExplainPage.Write(page, SampleExplanation, Stage.Look(width));
        Matches($"explain-{width}", page);
    }

    [Fact]
    public void Status_lists_what_is_known()
    {
        var page = new Page();
        StatusPage.Write(page, SampleRows.Running, new RowTokens(123456, 7890, 1, 0), Stage.Look(80));
        page.Append('\n');
        StatusPage.Write(page, SampleRows.Ended, null, Stage.Look(80));
        Matches("status", page);
    }

    [Fact]
    public void Peek_cuts_long_entries_and_keeps_terminals_safe()
    {
        var page = new Page();
        var transcript = new TranscriptPage(Stage.Look(80), longest: 3);
        transcript.Write(page, new TranscriptLine("user", "Do it\u001b[2J", null, SampleRows.Now.AddMinutes(-3), null, 1));
        transcript.Write(page, new TranscriptLine("tool", "1\n2\n3\n4\n5", "Bash", null, null, 2));
        transcript.Write(page, new TranscriptLine("assistant", "Done.\n", null, SampleRows.Now, null, 3));
        Matches("peek", page);
    }

    [Fact]
    public void Daemon_status_shows_unknown_beside_active()
    {
        var page = new Page();
        DaemonPage.Write(page, new DaemonDocument(
            812, "0.1.0", "abc1234", ".NET 9.0.20, native", SampleRows.Now.AddHours(-3), 3 * 3600, "/home/dev/.agentctl", "/home/dev/.agentctl/daemon.sock", 3, 8,
            new Dictionary<string, IReadOnlyDictionary<string, int>> { ["claude-code"] = new Dictionary<string, int> { ["running"] = 2, ["waiting"] = 1 } },
            0, 0,
            [
                new AdapterReport("claude-code", "ok", 1.2, null, [], [], SampleRows.Now.AddSeconds(-2)),
                new AdapterReport("openclaw", "timed-out", 5000, "no answer from ws://127.0.0.1:18789 within 5 s", [], [], SampleRows.Now.AddSeconds(-40)),
            ],
            19 * 1048576), Stage.Look(100));
        Matches("daemon-status", page);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void Worktrees_fit_the_width(int width)
    {
        var page = new Page();
        WorktreeTable.Write(page,
            [
                new WorktreeRow("/home/dev/shop", "main", "6616e84a11112222333344445555666677778888", true, false, null, null, null, 0, null, null, 12 << 20, ["pid 1 (bash) is in it"], false, null),
                new WorktreeRow("/home/dev/shop-try-g-1a2b3c-cc-opus", "try/g-1a2b3c/cc-opus", "434781f311112222333344445555666677778888", false, true, "g-1a2b3c", "claude-code/2d90595b-9af3-4246-b47a-f618218ff3a4", "running", 1, "unmerged", null, 12 << 20, ["x", "y"], false, SampleRows.Now),
                new WorktreeRow("/home/dev/shop-try-g-1a2b3c-codex", "try/g-1a2b3c/codex", "8f48797b11112222333344445555666677778888", false, true, "g-1a2b3c", "codex/@0k3n8v4w2r7p", "error", 14, "squashed", "main", 3L << 30, [], false, SampleRows.Now),
                new WorktreeRow("/home/dev/shop-by-\u001b[31mhand", null, null, false, false, null, null, null, null, null, null, null, [], true, null),
            ], Stage.Look(width));
        Matches($"worktrees-{width}", page);
        Assert.All(page.ToString().Split('\n'), line => Assert.True(TextWidth.Of(line) <= width, line));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void Queue_fits_the_width(int width)
    {
        var page = new Page();
        QueueTable.Write(page,
            [
                new QueueRow(1, "0k3n8v4w2r7p", "claude-code", null, "/home/dev/shop", "Then the docs", SampleRows.Now.AddMinutes(-5), SampleRows.Now.AddHours(2), "no-slot", "every slot of all is held (4/4): claude-code/2d90595b, codex/01a1fbb7"),
                new QueueRow(2, "1k3n8v4w2r7p", "probe", "g-1a2b3c", "/home/dev/projects/payments", "Try\nagain", SampleRows.Now.AddHours(-2), null, "brake", "probe failed within 2 s 3 times in a row"),
            ], Stage.Look(width));
        QueueTable.Write(page.Append('\n'), [], Stage.Look(width));
        Matches($"queue-{width}", page);
        Assert.Contains("every slot of all is held (4/4): claude-code/2d90595b, codex/01a1fbb7", string.Join(' ', page.ToString().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.All(page.ToString().Split('\n'), line => Assert.True(TextWidth.Of(line) <= width, line));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(140)]
    public void Configuration_shows_every_meaning_in_full(int width)
    {
        const string Meaning = "how long an idle agent of an open session stays, in seconds (default 300; 0: for ever)";
        var page = new Page();
        ConfigTable.Write(page, [new("adapter", "codex", "adapter that launch uses when none is named", false), new("acp_ttl", null, Meaning, false), new("agents", "invalid", "agents of your own", true)], Stage.Look(width));
        Assert.Contains(Meaning, string.Join(' ', page.ToString().Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.All(page.ToString().Split('\n'), line => Assert.True(TextWidth.Of(line) <= width, line));
    }

    [Fact]
    public void Fuses_hooks_and_cleaning_say_all()
    {
        var page = new Page();
        FuseTable.Write(page,
            [
                new FuseRow("/home/dev/shop-try", 7200000, SampleRows.Now.AddHours(2), "s-1", new FuseAction("docker compose down", "http://127.0.0.1:8080/x", "preview"), "mine"),
                new FuseRow("/home/dev/shop", 600000, SampleRows.Now.AddMinutes(-1), "s-2"),
            ], Stage.Look(100));
        FuseTable.Write(page.Append('\n'), [], Stage.Look(100));
        page.Append('\n');
        HookPage.Write(page,
            [
                new HookResult("on-create", "ended", 0, null, SampleRows.Now.AddSeconds(-9), SampleRows.Now, "added 12 packages\n\u001b[2Jfunny\n", null),
                new HookResult("on-complete", "ended", null, 9, SampleRows.Now.AddSeconds(-9), SampleRows.Now, "", null),
                new HookResult("on-complete", "lost", null, null, SampleRows.Now, null, "", null),
                new HookResult("on-complete", "timed-out", null, 15, SampleRows.Now.AddSeconds(-300), SampleRows.Now, "", null),
            ], Stage.Look(100));
        CleanPage.Write(page.Append('\n'), new CleanDocument(false,
            [
                new CleanResult("/home/dev/shop-a", "a", "refused", [new KeepReason("dirty", "1 file is changed or new, and not committed"), new KeepReason("in-use", "pid 7 (vim) is in it")], ["pid 7 (vim) is in it"], null, null),
                new CleanResult("/home/dev/shop-b", "b", "removed", [], [], "b", null, "w-1a2b3c4d"),
                new CleanResult("/home/dev/shop-c", "c", "removed", [], [], null, null, "w-5e6f7a8b", "c"),
                new CleanResult("/home/dev/shop-d", "d", "refused", [new KeepReason("dirty", "1 file is changed or new, and not committed"), new KeepReason("ignored", "1 ignored file is nowhere else, 9 bytes: .env (9 bytes)")], [], null, null),
                new CleanResult("/home/dev/shop-e", "e", "refused", [new KeepReason("uninspected", "/home/dev/shop-e/x cannot be read: Permission denied")], [], null, null),
                new CleanResult("/home/dev/shop", "main", "refused", [], [], null, "it is the repository's own tree, and never removed"),
            ]), Stage.Look(100));
        Matches("fuses-hooks-clean", page);
    }

    private static ExplainDocument SampleExplanation { get; } = new(
        SampleRows.Ended with { Status = "stopped", Reason = "vanished" },
        "the process that claimed it is gone, and no end was recorded; what it last said no longer counts",
        [
            new ExplainedEvidence("holder", "/proc/4711", "pid 4711 (start 159413) is gone: no process has this pid and start time", SampleRows.Now, true),
            new ExplainedEvidence("signal", "~/.claude/sessions/4711.json", "status is \"busy\"", SampleRows.Now.AddHours(-1), false),
        ],
        ["whether the last tool call finished before the process was killed"],
        SampleRows.Now);

    private static void Matches(string name, Page page) =>
        GoldenFile.Matches($"tests/Agentctl.Cli.Tests/Rendering/golden/{name}.txt", page.ToString());
}
