using System.Text.Json;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests;

public sealed class TableRowTests
{
    private static readonly DateTimeOffset Then = new(2026, 11, 21, 1, 21, 28, 384, TimeSpan.Zero);

    private static readonly SessionRow Full = new()
    {
        Id = "2d90595b-9af3", Adapter = "claude-code", Status = "waiting", Reason = "permission-prompt", Alive = true, StartedAt = Then,
        StoppedAt = Then.AddSeconds(1), LastActivityAt = Then.AddSeconds(2), Cwd = "/repo/\"x\"", Spec = "s.md", Model = "m", Prompt = "prüfe \\ das",
        Tokens = new RowTokens(1, 2, 3, 4), Cost = 0.5m, Pid = 4711, ExitCode = 3, Owner = "terminal", Group = "g-1", Host = "box", Aliases = ["a", "b"],
        Meta = new Dictionary<string, string> { ["cwd"] = "not this one", ["status"] = "nor this" },
        Evidence = new RowEvidence("kernel", "seen", Then.AddSeconds(3)),
    };

    private static SessionRow Read(SessionRow row) => TableRow.Read(JsonSerializer.SerializeToUtf8Bytes(row, ApiJson.Readable.SessionRow));

    [Fact]
    public void Every_shown_value_is_the_one_of_the_row()
    {
        var shown = Read(Full);

        Assert.Equivalent(
            Full with { Spec = null, Tokens = null, Cost = null, Pid = null, ExitCode = null, Host = null, Aliases = null, Meta = Sighting.NoMeta, Evidence = new RowEvidence("", "", Full.Evidence.ObservedAt) },
            shown,
            strict: true);
    }

    [Theory]
    [InlineData("stopped", "done", "codex", "unknown")]
    [InlineData("error", "failed", "openclaw", "gateway")]
    [InlineData("donestopped", "codexdone", "claude-code2", "unknown2")]
    public void Words_are_read_whole(string status, string reason, string adapter, string owner)
    {
        var shown = Read(Full with { Status = status, Reason = reason, Adapter = adapter, Owner = owner });

        Assert.Equal((status, reason, adapter, owner), (shown.Status, shown.Reason, shown.Adapter, shown.Owner));
    }

    [Fact]
    public void A_key_of_a_later_version_is_passed_over()
    {
        var shown = TableRow.Read("""{"id":"1","novel":{"id":"2","deep":[{"cwd":"/x"}]},"cwd":"/repo"}"""u8);

        Assert.Equal(("1", "/repo"), (shown.Id, shown.Cwd));
    }
}
