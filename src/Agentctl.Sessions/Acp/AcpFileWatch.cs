using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Rings when a session's journal or its agent's output is written to by another process, which raises no signal in this one. Not thread-safe.</summary>
internal sealed class AcpFileWatch(AcpStore store, string conversation, Action ring) : IDisposable
{
    private GrowthWatch? growth;
    private string? launch;

    /// <summary>False when there is nothing to watch with: who waits has to look again by himself.</summary>
    public bool IsComplete => growth is not null;

    /// <param name="ofLaunch">The launch whose output is read, if there is one.</param>
    /// <returns>True when more is watched from now on than before.</returns>
    public bool Begin(string? ofLaunch)
    {
        if (growth is not null && launch == ofLaunch)
        {
            return false;
        }

        End();
        try
        {
            growth = GrowthWatch.Start();
            growth.Watch(store.JournalOf(conversation), ring);
            if (ofLaunch is not null)
            {
                growth.Watch(store.OutputOf(ofLaunch), ring);
            }

            launch = ofLaunch;
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // No instance or watch is left, or the file is not there yet.
            End();
            return false;
        }
    }

    public void End()
    {
        growth?.Dispose();
        growth = null;
    }

    public void Dispose() => End();
}
