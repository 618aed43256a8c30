using Agentctl.Cli.Commands;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests.Commands;

public sealed class SaidBeforeTests
{
    private readonly Stage stage = new();

    [Fact]
    public async Task What_was_said_before_a_resume_is_old_and_what_came_after_is_new()
    {
        stage.Sessions.Rows.Add(SampleRows.Ended);
        stage.Sessions.Entries.Add(new("assistant", "old", null, stage.Clock.GetUtcNow().AddMinutes(-9), null, 400));
        var said = await SaidBefore.In(stage.Sessions, "01a1", stage.Around, TestContext.Current.CancellationToken);
        Assert.NotNull(said);
        Assert.Contains(new TranscriptQuery(Last: 1), stage.Sessions.Asked);
        Assert.True(said.Contains(new("user", "older", null, null, null, 90)));
        Assert.True(said.Contains(stage.Sessions.Entries[0]));
        Assert.False(said.Contains(new("user", "new", null, null, null, 401)));
        Assert.False(said.Contains(new("user", "new, in another file", null, stage.Clock.GetUtcNow().AddSeconds(1), null, 3)));
    }

    [Fact]
    public async Task Agent_whose_output_is_its_conversation_begins_a_new_one()
    {
        stage.Sessions.Rows.Add(SampleRows.Ended with { Adapter = "mine" });
        stage.Sessions.Entries.Add(new("assistant", "old", null, null, null, 400));
        Assert.Null(await SaidBefore.In(stage.Sessions, "mine/1", stage.Around, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Nothing_is_old_when_nothing_was_said()
    {
        stage.Sessions.Rows.Add(SampleRows.Ended);
        Assert.Null(await SaidBefore.In(stage.Sessions, "01a1", stage.Around, TestContext.Current.CancellationToken));
    }
}
