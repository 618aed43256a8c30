using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>One pidfd for each process that holds a listed session: an end that no file tells (kill -9) is told by the kernel.</summary>
internal sealed class ExitWatches(Action exited) : IDisposable
{
    private readonly Lock gate = new();
    private long lastTurn;
    private readonly Dictionary<ProcessIdentity, IDisposable> watched = [];
    private ExitWatch? thread;

    /// <summary>Watches exactly these from now on, unless a look that began later has said what to watch.</summary>
    /// <param name="turn">Of the look, counted from 1 in the order in which looks begin.</param>
    public void Follow(long turn, IEnumerable<ProcessIdentity> processes)
    {
        var wanted = processes.ToHashSet();
        var alreadyGone = false;
        lock (gate)
        {
            if (turn < lastTurn)
            {
                return;
            }

            lastTurn = turn;
            foreach (var gone in watched.Keys.Where(known => !wanted.Contains(known)).ToList())
            {
                watched.Remove(gone, out var watch);
                watch!.Dispose();
            }

            foreach (var process in wanted.Where(process => !watched.ContainsKey(process)))
            {
                thread ??= ExitWatch.Start();
                if (thread.TryWatch(process, exited) is { } watch)
                {
                    watched[process] = watch;
                }
                else
                {
                    alreadyGone = true;
                }
            }
        }

        if (alreadyGone)
        {
            // It ended between the look and the watch; nothing else would tell.
            exited();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var watch in watched.Values)
            {
                watch.Dispose();
            }

            watched.Clear();
            thread?.Dispose();
        }
    }
}
