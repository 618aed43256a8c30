using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>The journals of ACP sessions that another process drives: what that does raises no signal in this one.</summary>
internal sealed class JournalWatches(AcpStore store, Action written) : IDisposable
{
    private readonly Lock gate = new();
    private long lastTurn;
    private readonly Dictionary<string, IDisposable> watched = [];
    private GrowthWatch? growth;

    /// <summary>Watches exactly these sessions' from now on, unless a look that began later has said what to watch.</summary>
    /// <param name="turn">Of the look, counted from 1 in the order in which looks begin.</param>
    public void Follow(long turn, IEnumerable<string> conversations)
    {
        var wanted = conversations.ToHashSet();
        var hasBegun = false;
        lock (gate)
        {
            if (turn < lastTurn)
            {
                return;
            }

            lastTurn = turn;
            foreach (var over in watched.Keys.Where(known => !wanted.Contains(known)).ToList())
            {
                watched.Remove(over, out var watch);
                watch!.Dispose();
            }

            foreach (var conversation in wanted.Where(one => !watched.ContainsKey(one)))
            {
                hasBegun |= TryWatch(conversation);
            }
        }

        if (hasBegun)
        {
            // It may have been written to between the look and the watch.
            written();
        }
    }

    private bool TryWatch(string conversation)
    {
        try
        {
            growth ??= GrowthWatch.Start();
            watched[conversation] = growth.Watch(store.JournalOf(conversation), written);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // No instance or watch is left: the feed looks once in a while anyway.
            return false;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            watched.Clear();
            growth?.Dispose();
        }
    }
}
