namespace Agentctl.Cli;

/// <summary>The command line or the configuration is wrong; nothing was tried.</summary>
internal sealed class UsageException(string message) : Exception(message);
