using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Agentctl.Cli.Rendering;

/// <summary>
/// Text for people, and the one gate between foreign text and a terminal: every string that is appended becomes one line of visible
/// characters. Line breaks and colours come only from characters, the literals of an interpolated string, and <see cref="Painted"/>.
/// </summary>
internal sealed class Page
{
    private readonly StringBuilder text = new();

    public int Length => text.Length;

    public Page Append(char layout, int count = 1)
    {
        text.Append(layout, count);
        return this;
    }

    public Page Append(string? foreign)
    {
        text.Append(PlainText.Line(foreign ?? ""));
        return this;
    }

    public Page AppendLine(string foreign) => Append(foreign).Append('\n');

    public Page Append(Painted painted)
    {
        text.Append(painted.ToString());
        return this;
    }

#pragma warning disable IDE0060, CA1822 // The handler has written to the page by the time this is called.
    public Page Append([InterpolatedStringHandlerArgument("")] ref Interpolation line) => this;
#pragma warning restore IDE0060, CA1822

    /// <summary>Text of several lines: line breaks and tabs stay.</summary>
    public Page AppendBlock(string foreign)
    {
        text.Append(PlainText.Block(foreign));
        return this;
    }

    public override string ToString() => text.ToString();

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(ToString());

    /// <summary>Literals are layout of ours; every value is foreign.</summary>
    [InterpolatedStringHandler]
#pragma warning disable CS9113 // The compiler passes both lengths.
    public readonly ref struct Interpolation(int literalLength, int formattedCount, Page page)
#pragma warning restore CS9113
    {
        public void AppendLiteral(string literal) => page.text.Append(literal);

        public void AppendFormatted(string? foreign) => page.Append(foreign);

        public void AppendFormatted(Painted painted) => page.Append(painted);

        public void AppendFormatted<T>(T value, string? format = null)
            where T : IFormattable => page.Append(value.ToString(format, CultureInfo.InvariantCulture));
    }
}
