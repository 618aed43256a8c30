namespace Agentctl.Cli.Rendering;

/// <summary>Colours, as the escape sequence that begins each.</summary>
internal enum Ink
{
    Plain,
    Faint,
    Strong,
    Red,
    Green,
    Yellow,
    Blue,
    Cyan,
}

/// <summary>Paints, or does not: without colour every text stays as it is.</summary>
internal sealed class Paint(bool colour)
{
    public bool Colour => colour;

    public Painted this[Ink ink, string text] => new(colour ? ink : Ink.Plain, text);
}

/// <summary>Text in a colour. The text is foreign, the colour is not: this type is the only source of escape sequences in a page.</summary>
internal readonly record struct Painted(Ink Ink, string Text)
{
    /// <summary>The visible characters of the text on one line, between the escape sequences of the colour.</summary>
    public override string ToString()
    {
        var visible = PlainText.Line(Text);
        return Ink == Ink.Plain || visible.Length == 0 ? visible : $"\u001b[{Code(Ink)}m{visible}\u001b[0m";
    }

    private static string Code(Ink ink) => ink switch
    {
        Ink.Faint => "2",
        Ink.Strong => "1",
        Ink.Red => "31",
        Ink.Green => "32",
        Ink.Yellow => "1;33",
        Ink.Blue => "34",
        _ => "36",
    };
}
