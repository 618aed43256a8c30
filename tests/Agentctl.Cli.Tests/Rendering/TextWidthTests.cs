using Agentctl.Cli.Rendering;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

public sealed class TextWidthTests
{
    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🚀", 2)]
    [InlineData("●○◐", 3)]
    public void Width_is_what_a_terminal_draws(string text, int width) => Assert.Equal(width, TextWidth.Of(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 4, "abc…")]
    [InlineData("日本語日本語", 5, "日本…")]
    [InlineData("ab cdef", 4, "ab…")]
    public void Fit_cuts_the_end(string text, int width, string expected) => Assert.Equal(expected, TextWidth.Fit(text, width));

    [Theory]
    [InlineData("~/a/long/path", 6, "…/path")]
    [InlineData("~/日本語", 5, "…本語")]
    public void Fit_end_cuts_the_start(string text, int width, string expected) => Assert.Equal(expected, TextWidth.FitEnd(text, width));

    [Fact]
    public void Wrap_breaks_at_blanks_and_long_words_anywhere() =>
        Assert.Equal(["one", "four", "abcdefg", "hij end"], TextWidth.Wrap("one four abcdefghij end", 7));
}
