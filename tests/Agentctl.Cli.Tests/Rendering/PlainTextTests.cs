using System.Globalization;
using System.Text;
using Agentctl.Cli.Rendering;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("two\nlines\tand  blanks ", "two lines and blanks")]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007after", "after")]
    [InlineData("\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u009b2Jcleared", "cleared")]
    [InlineData("a\u202eb\u2066c\u200bd", "abcd")]
    [InlineData("bell\u0007 null\0 del\u007f", "bell null del")]
    [InlineData("\u001b]never ends", "never ends")]
    [InlineData("ends with \u001b", "ends with")]
    [InlineData("日本語 ok", "日本語 ok")]
    public void One_line_keeps_what_can_be_read_and_nothing_else(string text, string expected) =>
        Assert.Equal(expected, PlainText.OneLine(text));

    [Fact]
    public void Half_a_surrogate_pair_becomes_a_replacement_character() =>
        Assert.Equal("lone \ufffd half", PlainText.OneLine("lone \ud800 half"));

    [Fact]
    public void One_line_never_holds_a_control_or_direction_character() =>
        Prop.ForAll(Nasty.ToArbitrary(), text => Array.TrueForAll([.. PlainText.OneLine(text).EnumerateRunes()], IsHarmless)).QuickCheckThrowOnFailure();

    /// <summary>Texts of escape sequences, torn ones too, invisible characters and half surrogate pairs.</summary>
    private static Gen<string> Nasty { get; } = Gen.Elements(
        "a", " ", "\u001b", "[", "]", "31m", "\\", "\u0007", "\u009b", "\u009c", "\u0090", "\u202e", "\u2066", "\u200f", "\u00ad", "\ufeff", "\u2028", "\n", "\0",
        "\ud83d", "\ude80", "\U000e0041", "\u7f16").ListOf().Select(string.Concat);

    [Fact]
    public void Lines_keep_line_breaks_and_indentation() =>
        Assert.Equal(["one", "    two", "", "three"], PlainText.Lines("one\r\n\ttwo\n\n\u001b[1mthree"));

    private static bool IsHarmless(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
