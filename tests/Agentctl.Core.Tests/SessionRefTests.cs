using Xunit;

namespace Agentctl.Core.Tests;

public sealed class SessionRefTests
{
    private static readonly (string, SessionName)[] Names =
    [
        ("claude-code", new("2d90595b-9af3-4246-b47a-f618218ff3a4", "2d90595b-9af3-4246-b47a-f618218ff3a4")),
        ("codex", new("2d90595b", "2d90595b")),
        ("openclaw", new("agent:main:main", "f82cdec5-408a-4120-a622-d0339539dcc4")),
        ("openclaw", new("f82cdec5-408a-4120-a622-d0339539dcc4", "f82cdec5-408a-4120-a622-d0339539dcc4")),
    ];

    [Fact]
    public void An_exact_name_wins_over_a_longer_one_that_begins_with_it()
    {
        var found = Assert.IsType<Resolution.Found>(SessionRef.Parse("2d90595b", ["codex"]).Resolve(Names));
        Assert.Equal(new ResolvedSession("codex", "2d90595b"), found.Session);
    }
}
