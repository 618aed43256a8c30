using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Watches each process that holds a listed session: no file records an end by kill -9, only the kernel reports it.</summary>
internal sealed class ExitWatches(Action exited) : IDisposable
{
    private readonly Lock gate = new();
    private readonly WatchedExits watched = new(exited);
    private long lastTurn;

    /// <summary>Watches exactly these from now on, unless a look that began later has said what to watch.</summary>
    /// <param name="turn">Of the look, counted from 1 in the order in which looks begin.</param>
    public void Follow(long turn, IEnumerable<ProcessIdentity> processes)
    {
        var wanted = processes.ToHashSet();
        bool hasEnded;
        lock (gate)
        {
            if (turn < lastTurn)
            {
                return;
            }

            lastTurn = turn;
            hasEnded = watched.Follow(wanted);
        }

        if (hasEnded)
        {
            // It ended between the look and the watch; nothing else would report it.
            exited();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            watched.Dispose();
        }
    }
}
