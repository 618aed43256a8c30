using System.Text;
using Agentctl.Cli.Rendering;

namespace Agentctl.Cli.Terminals;

/// <summary>
/// Where a command writes. Whole pages go out in one write; nothing of System.Console's terminal set-up is touched, which alone
/// would cost more than the rest of a <c>list</c>. Text for people passes the gate of <see cref="Page"/> and <see cref="PlainText"/>;
/// only bytes (JSON, what a script asked for) go out as they are.
/// </summary>
internal sealed class Terminal(Stream output, Stream error, TerminalTraits outputTraits, TerminalTraits errorTraits)
{
    public TerminalTraits Output { get; } = outputTraits;
    public TerminalTraits Error { get; } = errorTraits;

    /// <summary>Set by <c>--verbose</c>.</summary>
    public bool IsVerbose { get; set; }

    public void Write(Page page) => Write(page.ToBytes());

    /// <summary>Text of possibly several lines.</summary>
    public void Write(string text) => Write(Encoding.UTF8.GetBytes(PlainText.Block(text)));

    /// <summary>One line, whatever the text holds.</summary>
    public void WriteLine(string line) => Write(Encoding.UTF8.GetBytes(PlainText.Line(line) + "\n"));

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            output.Write(bytes);
            output.Flush();
        }
    }

    /// <summary>A line for the person, beside the result: warnings, progress, what went wrong.</summary>
    public void Note(string line)
    {
        error.Write(Encoding.UTF8.GetBytes(PlainText.Line(line) + "\n"));
        error.Flush();
    }

    /// <summary>A line for who asked for more of them: which way was taken.</summary>
    public void Aside(string line)
    {
        if (IsVerbose)
        {
            Note(line);
        }
    }
}

/// <param name="Width">Columns; null when it is not a terminal.</param>
/// <param name="Height">Lines; null when it is not a terminal.</param>
/// <param name="CanMoveCursor">False for a terminal that only prints lines (TERM=dumb).</param>
internal sealed record TerminalTraits(bool IsTerminal, int? Width, int? Height, bool Colour, bool CanMoveCursor = true)
{
    public static readonly TerminalTraits NotATerminal = new(false, null, null, false);
}
