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

    public string this[Ink ink, string text] => !colour || ink == Ink.Plain || text.Length == 0 ? text : $"\u001b[{Code(ink)}m{text}\u001b[0m";

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
