using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// A daemon whose socket file was deleted (with its home, most often) can be reached by nobody and holds the lease against a
/// successor: it is told to end.
/// </summary>
internal static partial class SocketWatch
{
    /// <summary>Begins to watch; null where the kernel has no more watches to give, and then the daemon merely lives longer than it should.</summary>
    public static IDisposable? Start(string home, PublishedSocket socket, Action gone, ILogger log)
    {
        try
        {
            var watcher = new FileSystemWatcher(home, Path.GetFileName(DaemonProtocol.SocketPath(home))) { NotifyFilter = NotifyFilters.FileName };
            watcher.Created += (_, _) => Look();
            watcher.Deleted += (_, _) => Look();
            watcher.Renamed += (_, _) => Look();
            watcher.EnableRaisingEvents = true;
            Look();
            return watcher;
        }
        catch (IOException failure)
        {
            NotWatched(log, failure.Message);
            return null;
        }

        void Look()
        {
            if (!socket.IsFound)
            {
                gone();
            }
        }
    }

    [LoggerMessage(EventId = 20, EventName = "SocketNotWatched", Level = LogLevel.Warning, Message = "the socket file is not watched: {Problem}")]
    private static partial void NotWatched(ILogger log, string problem);
}
