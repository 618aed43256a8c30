namespace Agentctl.Client;

/// <summary>The daemon was there and went away, or what it sent was no answer.</summary>
/// <param name="wasSent">False when nothing of the request reached a daemon: it can be sent to another one without harm.</param>
public sealed class DaemonLostException(string message, Exception? innerException = null, bool wasSent = true) : Exception(message, innerException)
{
    /// <summary>Whether the daemon may have carried the request out.</summary>
    public bool WasSent => wasSent;
}
