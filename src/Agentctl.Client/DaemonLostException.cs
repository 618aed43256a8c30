namespace Agentctl.Client;

/// <summary>The daemon was there and went away, or what it sent was no answer. Asking again in process gives the same truth.</summary>
public sealed class DaemonLostException(string message, Exception? innerException = null) : Exception(message, innerException);
