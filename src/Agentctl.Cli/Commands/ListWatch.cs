using Agentctl.Cli.Terminals;
using Agentctl.Core;

namespace Agentctl.Cli.Commands;

/// <summary>
/// <c>list --watch</c>: on a terminal one page in the alternate screen, drawn again when it reads differently (rows, ages, the size of
/// the terminal) until <c>q</c>; elsewhere one page after the other.
/// </summary>
/// <param name="draw">The page of the rows as they are now.</param>
/// <param name="isTable">Only the table has ages that grow, and belongs on the alternate screen.</param>
internal sealed class ListWatch(Surroundings around, ListQuery query, Func<SessionList, ReadOnlyMemory<byte>> draw, bool isTable)
{
    private readonly Lock gate = new();
    private readonly bool isOnScreen = isTable && around.Terminal.Output is { IsTerminal: true, CanMoveCursor: true };
    private SessionList? rows;
    private ReadOnlyMemory<byte> shown;
    private Screen? screen;

    public async Task<int> Run(CancellationToken outer)
    {
        using var interrupt = new Interrupt(outer);
        var hasQuit = false;
        using var opened = isOnScreen
            ? new Screen(around.Terminal, around.Refresh, () => DrawOr(interrupt.End, isForced: true), () =>
            {
                Volatile.Write(ref hasQuit, true);
                interrupt.End();
            })
            : null;
        lock (gate)
        {
            screen = opened;
        }

        using var ages = isOnScreen ? around.Time.CreateTimer(_ => DrawOr(interrupt.End, isForced: false), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) : null;
        try
        {
            return await new Follower(around).Run((api, token) => api.FollowList(query, token), Take, reference: null, interrupt.Token);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref hasQuit))
        {
            return ExitCode.Done;
        }
    }

    private void Take(ReadOnlyMemory<byte> part)
    {
        lock (gate)
        {
            rows = SessionList.ReadTable(part);
        }

        Draw(isForced: false);
    }

    /// <summary>From a timer or a signal: a terminal that has gone is nobody's exception there.</summary>
    private void DrawOr(Action end, bool isForced)
    {
        try
        {
            Draw(isForced);
        }
        catch (Exception closed) when (closed is OutputClosedException or IOException)
        {
            end();
        }
    }

    private void Draw(bool isForced)
    {
        lock (gate)
        {
            if (rows is null)
            {
                return;
            }

            var page = draw(rows);
            if (!isForced && page.Span.SequenceEqual(shown.Span))
            {
                return;
            }

            shown = page;
            if (screen is null)
            {
                around.Terminal.Write(page.Span);
            }
            else
            {
                screen.Show(page.Span);
            }
        }
    }
}
