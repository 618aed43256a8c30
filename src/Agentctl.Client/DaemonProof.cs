using Agentctl.Core;

namespace Agentctl.Client;

/// <summary>
/// Whether a process is the daemon of a home, by what the kernel says: it runs agentctld, and has that home's lock file open. Any program
/// of the user may listen on the socket; only a proven daemon is ever signalled.
/// </summary>
internal static class DaemonProof
{
    private const string Executable = "agentctld";
    private const string Deleted = " (deleted)";

    /// <summary>Null when it is proven; else what is missing.</summary>
    public static string? WhyNotTheDaemon(int pid, AgentEnvironment environment)
    {
        if (Link($"/proc/{pid}/exe") is not { } running)
        {
            return "its executable is not visible";
        }

        // After an upgrade a daemon runs a file that is deleted.
        var program = Path.GetFileName(running.EndsWith(Deleted, StringComparison.Ordinal) ? running[..^Deleted.Length] : running);
        if (program != Executable && program != Path.GetFileName(DaemonStarter.Executable(environment)))
        {
            return $"it runs {running}";
        }

        var path = DaemonProtocol.LockPath(environment.AgentctlHome);
        return Descriptors(pid).Any(descriptor => Link(descriptor) is { } file && (file == path || file == Platform.RealPath.TryResolve(path))) ? null : $"it does not have {path} open";
    }

    private static string[] Descriptors(int pid)
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{pid}/fd");
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Null when there is none, or it is not ours to see.</summary>
    private static string? Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
