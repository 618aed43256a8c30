namespace Agentctl.Sessions;

/// <summary>Waits for changes of one session's files, whichever process drives it. Not thread-safe.</summary>
/// <param name="isOurs">This process drives the session and signals every change.</param>
internal sealed class ConversationNews(AcpStore store, string conversation, ChangeSignal signal, Func<bool> isOurs, TimeProvider time) : IDisposable
{
    /// <summary>The longest wait for a signal, in case one is lost.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>No signal comes when a driver in another process releases its lease.</summary>
    private static readonly TimeSpan ForeignWait = TimeSpan.FromMilliseconds(250);

    private readonly ChangeSignal.Doorbell doorbell = signal.Subscribe();
    private readonly AcpFileWatch written = new(store, conversation, signal.Raise);

    /// <summary>Returns when something may have changed since the last call.</summary>
    /// <param name="launch">The launch whose output is read too, if there is one.</param>
    /// <param name="needsLease">The caller also waits for the end of the driver.</param>
    public async Task Wait(string? launch, bool needsLease, CancellationToken cancellationToken)
    {
        if (isOurs())
        {
            written.End();
        }
        else if (written.Begin(launch))
        {
            // Writes before this watch began raised no signal.
            return;
        }

        await doorbell.Wait(isOurs() || (!needsLease && written.IsComplete) ? LongestWait : ForeignWait, time, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        written.Dispose();
        doorbell.Dispose();
    }
}
