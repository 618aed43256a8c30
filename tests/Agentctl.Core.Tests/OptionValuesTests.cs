using Xunit;

namespace Agentctl.Core.Tests;

public sealed class OptionValuesTests
{
    private static readonly LaunchWish Wish = new() { Prompt = "-- do it", Cwd = "/w", Model = "opus[1m]", Thinking = "high", PermissionMode = "plan", Resumes = "01a2-b", AgentArguments = ["--yolo"] };

    [Fact]
    public void Values_of_every_day_are_passed() => Assert.Null(OptionValues.WhyRefused(Wish));

    [Theory]
    [InlineData("--yolo", null, null, null, "--model must not begin with a hyphen")]
    [InlineData("", null, null, null, "--model must not be empty")]
    [InlineData("a\0b", null, null, null, "--model must not hold control characters")]
    [InlineData(null, "-c", null, null, "--thinking must not begin with a hyphen")]
    [InlineData(null, null, "--yolo", null, "--permission-mode must not begin with a hyphen")]
    [InlineData(null, null, null, "--dangerously-skip-permissions", "the session id must not begin with a hyphen")]
    public void A_value_that_an_agent_could_take_for_an_option_is_refused(string? model, string? thinking, string? mode, string? session, string problem) =>
        Assert.StartsWith(
            problem,
            OptionValues.WhyRefused(Wish with { Model = model ?? Wish.Model, Thinking = thinking ?? Wish.Thinking, PermissionMode = mode ?? Wish.PermissionMode, Resumes = session ?? Wish.Resumes }),
            StringComparison.Ordinal);
}
