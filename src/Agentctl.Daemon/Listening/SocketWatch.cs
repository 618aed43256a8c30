using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// A daemon whose socket file was deleted (with its home, most often) can be reached by nobody and holds the lease against a
/// successor: it is told to end. The kernel announces changes inside of the home; that the home itself was renamed is only seen by looking.
/// </summary>
internal static partial class SocketWatch
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(10);

    /// <summary>Begins to watch. Where the kernel has no more watches to give, the daemon merely ends a few seconds later.</summary>
    public static IDisposable Start(string home, PublishedSocket socket, TimeProvider time, Action gone, ILogger log)
    {
        var looks = time.CreateTimer(_ => Look(), null, BetweenLooks, BetweenLooks);
        return Announced(home, Look, log) is { } watcher ? new Both(looks, watcher) : looks;

        // Runs in a timer and in callbacks of the kernel's events, where an exception would end the daemon.
        void Look()
        {
            try
            {
                if (!socket.IsFound)
                {
                    gone();
                }
            }
            catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // This does not prove that it is gone: the next look decides.
                NotSeen(log, unseen.Message);
            }
        }
    }

    private static FileSystemWatcher? Announced(string home, Action look, ILogger log)
    {
        try
        {
            var watcher = new FileSystemWatcher(home, Path.GetFileName(DaemonProtocol.SocketPath(home))) { NotifyFilter = NotifyFilters.FileName };
            watcher.Created += (_, _) => look();
            watcher.Deleted += (_, _) => look();
            watcher.Renamed += (_, _) => look();
            watcher.EnableRaisingEvents = true;
            look();
            return watcher;
        }
        catch (IOException failure)
        {
            NotWatched(log, failure.Message);
            return null;
        }
    }

    private sealed class Both(ITimer looks, FileSystemWatcher watcher) : IDisposable
    {
        public void Dispose()
        {
            looks.Dispose();
            watcher.Dispose();
        }
    }

    [LoggerMessage(EventId = 21, EventName = "SocketNotSeen", Level = LogLevel.Warning, Message = "the socket file could not be inspected: {Problem}")]
    private static partial void NotSeen(ILogger log, string problem);

    [LoggerMessage(EventId = 20, EventName = "SocketNotWatched", Level = LogLevel.Warning, Message = "the socket file is not watched: {Problem}")]
    private static partial void NotWatched(ILogger log, string problem);
}
