using Xunit;

namespace Agentctl.Launches.Tests;

/// <summary>The reference's rules (docs/migration.md), and that no two are called the same.</summary>
public sealed class SlotNamesTests
{
    [Fact]
    public void Adapter_alone_when_it_occurs_once_else_with_its_model()
    {
        Assert.Equal(["cc", "codex", "pi-rs"], SlotNames.Suffixes([("claude-code", "opus"), ("codex", null), ("pi-rust", "x")]));
        Assert.Equal(
            ["cc-opus", "cc-sonnet", "cc-default", "codex"],
            SlotNames.Suffixes([("claude-code", "claude-opus-4-6"), ("claude-code", "claude-sonnet-4-5"), ("claude-code", null), ("codex", "gpt-5")]));
    }

    [Fact]
    public void W20_the_same_twice_gets_a_number() =>
        Assert.Equal(["pi-x", "pi-x-2", "pi-x-3"], SlotNames.Suffixes([("pi", "a/x"), ("pi", "b/x"), ("pi", "x")]));

    [Theory]
    [InlineData("gpt-5.2-codex", "gpt5")]
    [InlineData("openai/gpt4o", "gpt4")]
    [InlineData("CLAUDE-HAIKU-4", "haiku")]
    [InlineData("anthropic/some model~v1", "some-model-v1")]
    [InlineData("../../etc", "etc")]
    [InlineData("x.lock", "x")]
    [InlineData("-.", "default")]
    [InlineData(null, "default")]
    public void Model_is_short_and_fit_for_a_branch(string? model, string name) => Assert.Equal(name, SlotNames.ShortModel(model));

    [Fact]
    public void Group_is_g_and_six_hex_and_never_one_that_is_known()
    {
        var known = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var group = SlotNames.NewGroup(known.Contains);
            Assert.Matches("^g-[0-9a-f]{6}$", group);
            Assert.True(known.Add(group));
        }
    }
}
