using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>
/// <c>list --watch</c>: on a terminal one page in the alternate screen, drawn again only when it reads differently; elsewhere one
/// page after the other.
/// </summary>
internal sealed class ListWatch(Surroundings around, ISessionApi sessions, ListQuery query, Func<SessionList, ReadOnlyMemory<byte>> draw)
{
    private static ReadOnlySpan<byte> Enter => "\u001b[?1049h\u001b[?25l"u8;
    private static ReadOnlySpan<byte> Leave => "\u001b[?25h\u001b[?1049l"u8;
    private static ReadOnlySpan<byte> Top => "\u001b[H\u001b[2J"u8;

    public async Task<int> Run(CancellationToken outer)
    {
        using var interrupt = new Interrupt(outer);
        var cancellationToken = interrupt.Token;
        var reply = await sessions.FollowList(query, cancellationToken);
        if (!reply.IsOk)
        {
            return Problem.Tell(around, reply.Problem);
        }

        var onScreen = around.Terminal.Output.IsTerminal;
        ReadOnlyMemory<byte> shown = default;
        try
        {
            if (onScreen)
            {
                around.Terminal.Write(Enter);
            }

            await foreach (var part in reply.Parts.WithCancellation(cancellationToken))
            {
                var page = draw(SessionList.ReadTable(part));
                if (page.Span.SequenceEqual(shown.Span))
                {
                    continue;
                }

                shown = page;
                around.Terminal.Write(onScreen ? [.. Top, .. Fitted(page.Span)] : page.Span);
            }

            return ExitCode.Done;
        }
        finally
        {
            if (onScreen)
            {
                around.Terminal.Write(Leave);
            }
        }
    }

    /// <summary>As many lines as the terminal has: a longer page would scroll its top, who needs you, away.</summary>
    private ReadOnlySpan<byte> Fitted(ReadOnlySpan<byte> page)
    {
        var left = around.Refresh().Height ?? int.MaxValue;
        for (var at = 0; at < page.Length; at++)
        {
            if (page[at] == (byte)'\n' && --left == 0)
            {
                return page[..at];
            }
        }

        return page;
    }
}
