using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Agentctl.Cli.Rendering;
using Agentctl.Core;
using Xunit;

namespace Agentctl.Cli.Tests.Rendering;

/// <summary>Whatever a document of the API holds, no renderer writes a control sequence of it, and none of its line breaks.</summary>
public sealed partial class RenderersTests
{
    private const string Hostile =
        "x\u001b[2J\u001b]0;owned\u0007\u001b]8;;http://x\u001b\\y\u001b]8;;\u001b\\\u009b1A\u0090q\u009c\u202e\u2066\u200b\u00ad\ufeff\U000e0041\r\n\v\f\u0085\u2028\u2029\0\u0007\b\u007fz";

    public static TheoryData<string> Renderers => [.. All.Select(NameOf)];

    private static List<MethodInfo> All { get; } =
    [
        .. typeof(Page).Assembly.GetTypes().Where(static type => type.Namespace == typeof(Page).Namespace)
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
            .Where(static method => method.GetParameters() is [{ ParameterType: var first }, ..] && first == typeof(Page)),
    ];

    [Fact]
    public void There_are_as_many_renderers_as_pages() => Assert.InRange(All.Count, 16, 60);

    [Theory]
    [MemberData(nameof(Renderers))]
    public void Renderer_lets_no_control_sequence_and_no_line_break_through(string name)
    {
        var renderer = All.Single(one => NameOf(one) == name);
        foreach (var width in new int?[] { null, 80, 20 })
        {
            var hostile = Write(renderer, Hostile, width, colour: false);
            Assert.DoesNotContain(hostile.EnumerateRunes(), IsHarmful);
            if (width is null)
            {
                // Wrapping depends on the length of a text. The output of a hook may have lines, each of them marked.
                Assert.Equal(Lines(Write(renderer, "xy\nqz", width, colour: false)), Lines(hostile));
            }

            Assert.DoesNotContain(OwnColours().Replace(Write(renderer, Hostile, width, colour: true), "").EnumerateRunes(), IsHarmful);
        }
    }

    [Fact]
    public void Transcript_lets_no_control_sequence_through()
    {
        var page = new Page();
        var transcript = new TranscriptPage(Stage.Look(80), longest: 3);
        transcript.Write(page, new TranscriptLine(Hostile, Hostile, Hostile, SampleRows.Now, null, 1));
        Assert.DoesNotContain(page.ToString().EnumerateRunes(), IsHarmful);
    }

    [Fact]
    public void Interpolated_line_keeps_its_own_breaks_and_none_of_a_value()
    {
        var page = new Page();
        page.Append($"a {"b\nc\u001b[2J"} {new Painted(Ink.Red, "d\n\u001b[1me")} {1.5:0.0}\n");
        Assert.Equal("a b c \u001b[31md e\u001b[0m 1.5\n", page.ToString());
    }

    [Fact]
    public void Messages_are_one_line_without_control_sequences()
    {
        var stage = new Stage();
        stage.Around.Terminal.Note($"Locked by {Hostile}");
        stage.Around.Terminal.WriteLine($"Locked {Hostile}");
        Assert.DoesNotContain(stage.Error.EnumerateRunes(), IsHarmful);
        Assert.DoesNotContain(stage.Output.EnumerateRunes(), IsHarmful);
        Assert.Equal((1, 1), (Lines(stage.Error), Lines(stage.Output)));
    }

    [Theory]
    [InlineData("\u001b]")]
    [InlineData("\u001bP")]
    [InlineData("\u0090")]
    [InlineData("\u001b[")]
    [InlineData("\u001b")]
    [InlineData("\u001b]\u001b[")]
    public void Text_full_of_sequences_that_never_end_takes_linear_time(string sequence)
    {
        // Counted in work, not in seconds: quadratic, this text would take hours.
        var text = string.Concat(Enumerable.Repeat(sequence, 4_000_000 / sequence.Length));
        Assert.True(PlainText.OneLine(text).Length <= text.Length);
        Assert.True(PlainText.Block(text).Length <= text.Length);
        Assert.True(PlainText.Lines(text).Count >= 1);
    }

    [Fact]
    public void Wrapping_one_word_of_megabytes_takes_linear_time()
    {
        var word = new string('語', 2_000_000);
        Assert.Equal(word, string.Concat(TextWidth.Wrap(word, 80)));
    }

    private static string Write(MethodInfo renderer, string text, int? width, bool colour)
    {
        var page = new Page();
        var hostile = new HostileText(text);
        renderer.Invoke(null, [.. renderer.GetParameters().Select(parameter =>
            parameter.ParameterType == typeof(Page) ? page
            : parameter.ParameterType == typeof(Look) ? Stage.Look(width, colour)
            : hostile.Of(parameter.ParameterType))]);
        return page.ToString();
    }

    private static string NameOf(MethodInfo renderer) => $"{renderer.DeclaringType!.Name}.{renderer.Name}";

    private static int Lines(string text) => text.Count(static c => c == '\n');

    private static bool IsHarmful(Rune rune) =>
        rune.Value != '\n' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    [GeneratedRegex("\u001b\\[(0|1|2|31|32|1;33|34|36)m")]
    private static partial Regex OwnColours();
}
