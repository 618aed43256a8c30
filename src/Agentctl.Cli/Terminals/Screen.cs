using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Agentctl.Platform;

namespace Agentctl.Cli.Terminals;

/// <summary>
/// The alternate screen of a terminal with one page on it. It is left for the time that the shell has the terminal (Ctrl-Z, fg), and
/// drawn again when the terminal is resized.
/// </summary>
internal sealed class Screen : IDisposable
{
    private readonly Terminal terminal;
    private readonly Func<TerminalTraits> traits;
    private readonly PosixSignalRegistration[] registrations;
    private readonly TerminalKeys? keys;

    /// <param name="traits">The terminal as it is now.</param>
    /// <param name="redraw">Shows the page again; called on any thread.</param>
    /// <param name="quit">The user pressed <c>q</c>; called on any thread.</param>
    public Screen(Terminal terminal, Func<TerminalTraits> traits, Action redraw, Action quit)
    {
        this.terminal = terminal;
        this.traits = traits;
        keys = TerminalKeys.TryOpen(TerminalLine.StandardInput, key =>
        {
            if (key is (byte)'q' or (byte)'Q')
            {
                quit();
            }
        });
        registrations = OperatingSystem.IsWindows() ? [] :
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => redraw()),
            PosixSignalRegistration.Create(PosixSignal.SIGTSTP, context =>
            {
                // .NET does not stop the process of a signal that it handles.
                context.Cancel = true;
                terminal.Write(Leave);
                keys?.Leave();
                ProcessSignal.StopSelf();
            }),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ =>
            {
                keys?.Enter();
                terminal.Write(Enter);
                redraw();
            }),
        ];
        terminal.Write(Enter);
    }

    private static ReadOnlySpan<byte> Enter => "\u001b[?1049h\u001b[?25l"u8;
    private static ReadOnlySpan<byte> Leave => "\u001b[?25h\u001b[?1049l"u8;
    private static ReadOnlySpan<byte> Top => "\u001b[H"u8;
    private static ReadOnlySpan<byte> EndOfLine => "\u001b[K"u8;
    private static ReadOnlySpan<byte> EndOfScreen => "\u001b[J"u8;

    /// <summary>Line by line over the page before it: the screen is never empty in between.</summary>
    public void Show(ReadOnlySpan<byte> page)
    {
        var height = Math.Max(1, traits().Height ?? int.MaxValue);
        var lines = new List<Range>();
        for (var at = 0; at < page.Length;)
        {
            var feed = page[at..].IndexOf((byte)'\n');
            var end = feed < 0 ? page.Length : at + feed;
            lines.Add(at..end);
            at = end + 1;
        }

        // What is lost is said, and the last line, who needs you, stays.
        var hidden = lines.Count > height && height > 2 ? lines.Count - height + 1 : 0;
        var frame = new ArrayBufferWriter<byte>();
        frame.Write(Top);
        var written = 0;
        for (var i = 0; i < lines.Count && written < height; i++)
        {
            if (hidden > 0 && written == height - 2)
            {
                Write(frame, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"+{hidden} more lines")), ref written);
                Write(frame, page[lines[^1]], ref written);
                break;
            }

            Write(frame, page[lines[i]], ref written);
        }

        frame.Write(EndOfScreen);
        terminal.Write(frame.WrittenSpan);
    }

    public void Dispose()
    {
        foreach (var registration in registrations)
        {
            registration.Dispose();
        }

        keys?.Dispose();
        terminal.Write(Leave);
    }

    private static void Write(ArrayBufferWriter<byte> frame, ReadOnlySpan<byte> line, ref int written)
    {
        frame.Write(written++ > 0 ? "\r\n"u8 : []);
        frame.Write(line);
        frame.Write(EndOfLine);
    }
}
