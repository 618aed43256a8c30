namespace Agentctl.Platform;

/// <summary>Tells through one descriptor that files were written to, inotify(7).</summary>
public sealed unsafe class FileEvents
{
    private FileEvents(int descriptor) => Descriptor = descriptor;

    public int Descriptor { get; }

    /// <summary>Null when the kernel has no more to give, or the files cannot be watched: what depends on it then does not happen.</summary>
    public static FileEvents? TryWatch(params ReadOnlySpan<string> paths) => TryWatch(EventCalls.IN_MODIFY, paths);

    /// <summary>The same for files that are taken out of a directory.</summary>
    public static FileEvents? TryWatchRemovals(string directory) => TryWatch(EventCalls.IN_DELETE, directory);

    private static FileEvents? TryWatch(uint events, params ReadOnlySpan<string> paths)
    {
        var descriptor = EventCalls.CreateInotify();
        if (descriptor < 0)
        {
            return null;
        }

        foreach (var path in paths)
        {
            if (EventCalls.AddWatch(descriptor, path, events) < 0)
            {
                _ = FileCalls.Close(descriptor);
                return null;
            }
        }

        return new FileEvents(descriptor);
    }

    /// <summary>Forgets what has been told so far.</summary>
    public void Drain()
    {
        const int BufferBytes = 4096;
        var buffer = stackalloc byte[BufferBytes];
        while (FileCalls.Read(Descriptor, buffer, BufferBytes) > 0)
        {
            // Each event says the same: look.
        }
    }
}
