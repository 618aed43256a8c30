using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Core.Tests;

public sealed class SessionRefTests
{
    private const string Gateway = "f82cdec5-408a-4120-a622-d0339539dcc4";

    private static readonly (string, SessionName)[] Names =
    [
        ("claude-code", Same("2d90595b-9af3-4246-b47a-f618218ff3a4")),
        ("codex", Same("2d90595b")),
        ("codex", Same("01a1fbb7-1603-7c00-8f28-e8295f6bd5be")),
        ("codex", Same("01a1fbb7-9217-79c1-a188-2830bd727bf3")),
        ("openclaw", new("agent:main:main", Gateway)),
        ("openclaw", Same(Gateway)),
    ];

    private static SessionName Same(string id) => new(id, id);

    private static Resolution Resolve(string text) => SessionRef.Parse(text, ["claude-code", "codex", "openclaw"]).Resolve(Names);

    private static void MeansOne(string adapter, string id, Resolution resolution) =>
        Assert.Equal(new ResolvedSession(adapter, id), Assert.IsType<Resolution.Found>(resolution).Session);

    [Fact]
    public void An_exact_name_wins_over_a_longer_one_that_begins_with_it() => MeansOne("codex", "2d90595b", Resolve("2d90595b"));

    [Fact]
    public void A_unique_prefix_is_enough() => MeansOne("claude-code", "2d90595b-9af3-4246-b47a-f618218ff3a4", Resolve("2d90595b-"));

    [Fact]
    public void The_adapter_may_be_said() => MeansOne("claude-code", "2d90595b-9af3-4246-b47a-f618218ff3a4", Resolve("claude-code/2d9"));

    [Fact]
    public void An_alias_resolves_to_its_session() => MeansOne("openclaw", Gateway, Resolve("agent:main"));

    [Fact]
    public void A_slash_after_no_adapter_belongs_to_the_id() => Assert.Equal(new SessionRef(null, "agent/x"), SessionRef.Parse("agent/x", ["codex"]));

    [Fact]
    public void An_ambiguous_prefix_names_its_candidates()
    {
        var several = Assert.IsType<Resolution.Ambiguous>(Resolve("01a1fbb7"));

        Assert.Equal(["codex/01a1fbb7-1603-7c00-8f28-e8295f6bd5be", "codex/01a1fbb7-9217-79c1-a188-2830bd727bf3"], several.Candidates.Select(static c => c.ToString()));
    }

    [Theory]
    [InlineData("nope")]
    [InlineData("")]
    [InlineData("codex/")]
    public void What_names_nothing_is_not_found(string text) => Assert.IsType<Resolution.NotFound>(Resolve(text));

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    public void Many_ids_of_one_second_are_printed_long_enough_to_differ(int count)
    {
        // UUIDv7: the first 48 bits are the time; ids of one second share their first 8 characters and more.
        var ids = Enumerable.Range(0, count).Select(static i => $"01a1fbb7-{0x1603 + (i / 4):x4}-7c{i:x2}-8f28-e8295f6bd5be").ToList();

        var shortened = SessionRef.Shorten(ids, ids.Select(Same));

        Assert.Equal(count, shortened.Values.Distinct().Count());
        Assert.All(shortened, pair => MeansOne("codex", pair.Key, new SessionRef(null, pair.Value).Resolve(ids.Select(static id => ("codex", Same(id))))));
    }

    [Fact]
    public void What_is_printed_always_resolves()
    {
        var someNames =
            from ids in Gen.Elements('a', 'b', '-').ArrayOf().Select(static letters => new string(letters)).Where(static id => id.Length > 0).ListOf()
            select ids.Distinct().ToList();
        Prop.ForAll(someNames.ToArbitrary(), static ids =>
        {
            var names = ids.Select(Same).ToList();
            return SessionRef.Shorten(ids, names).All(pair =>
                new SessionRef(null, pair.Value).Resolve(names.Select(static name => ("codex", name))) is Resolution.Found found && found.Session.Id == pair.Key);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_alias_of_the_same_session_does_not_make_its_id_longer()
    {
        var names = new SessionName[] { new("abcdefgh-1", "abcdefgh-1"), new("abcdefgh-1-alias", "abcdefgh-1") };

        Assert.Equal("abcdefgh", SessionRef.Shorten(["abcdefgh-1"], names)["abcdefgh-1"]);
    }
}
