using Xunit;

namespace Agentctl.Core.Tests;

public sealed class PromptPreambleTests
{
    [Fact]
    public void What_was_asked_comes_first_and_the_files_are_named()
    {
        var whole = PromptPreamble.File("plan.md", "1\n2\n") + PromptPreamble.File("notes/a b.md", "--- x ---") + "Do step 2\nthen 3";
        Assert.Equal("Do step 2\nthen 3 (plan.md, notes/a b.md)", PromptPreamble.Shown(whole));
    }

    [Theory]
    [InlineData("A body\n\n---\nwith a rule", "Fix it (issue #7, plan.md)")]
    [InlineData(null, "Fix it (issue #7, plan.md)")]
    public void An_issue_is_named_too(string? body, string expected) =>
        Assert.Equal(expected, PromptPreamble.Shown(PromptPreamble.Issue(7, "Flaky", body) + PromptPreamble.File("plan.md", "x") + "Fix it"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Fix it")]
    [InlineData("--- File: without an end of its name\nFix it")]
    [InlineData("## GitHub Issue #x")]
    public void Other_text_stays(string? prompt) => Assert.Equal(prompt, PromptPreamble.Shown(prompt));

    [Fact]
    public void Of_a_text_cut_inside_a_file_the_name_is_shown() =>
        Assert.Equal("(plan.md)", PromptPreamble.Shown("--- File: plan.md ---\nvery long…"));

    [Fact]
    public void The_agent_gets_the_text_of_the_Node_tool() =>
        Assert.Equal("--- File: plan.md ---\n1\n--- End File ---\n\nDo it", PromptPreamble.File("plan.md", "1\n") + "Do it");

    [Fact]
    public void A_row_shows_what_was_asked()
    {
        var row = SessionRow.From(Session.From(new Sighting
        {
            Adapter = "pi",
            Id = "s1",
            Prompt = PromptPreamble.File("plan.md", new string('x', 5000)) + "Do step 2",
            Facts = new Facts { Holder = Holder.None, Signal = Signal.Done, SignalEvidence = new Evidence("~/.pi/s1.jsonl", "done", DateTimeOffset.UnixEpoch) },
        }), "/home/dev");
        Assert.Equal("Do step 2 (plan.md)", row.Prompt);
        Assert.Equal("/home/dev/.pi/s1.jsonl", row.Evidence.Path);
    }
}
