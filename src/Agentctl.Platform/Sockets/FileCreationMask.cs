namespace Agentctl.Platform;

/// <summary>umask(2) of the whole process: for programs that set it once, at their start.</summary>
public static class FileCreationMask
{
    private static readonly uint Private = Convert.ToUInt32("077", 8);
    private static readonly Lock Gate = new();
    private static uint? atStart;

    /// <summary>What is created from now on is for its owner only.</summary>
    public static void MakePrivate()
    {
        lock (Gate)
        {
            atStart ??= SocketCalls.SetMask(Private);
        }
    }

    /// <summary>The mode of a file that its user is to share as usual: what the mask leaves of rw-rw-rw-, whatever we set it to for ourselves.</summary>
    public static UnixFileMode ModeOfUsualFile()
    {
        const uint ReadAndWriteForAll = (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        lock (Gate)
        {
            if (atStart is not { } mask)
            {
                // The only way to read it is to set it.
                mask = SocketCalls.SetMask(Private);
                _ = SocketCalls.SetMask(mask);
            }

            return (UnixFileMode)(ReadAndWriteForAll & ~mask);
        }
    }

    /// <summary>
    /// Starts something with the mask that we were started with: an agent's files are its user's to share. What other threads create
    /// in this moment lies in private directories all the same.
    /// </summary>
    internal static int Undone(Func<int> start)
    {
        if (atStart is not { } usual)
        {
            return start();
        }

        lock (Gate)
        {
            _ = SocketCalls.SetMask(usual);
            try
            {
                return start();
            }
            finally
            {
                _ = SocketCalls.SetMask(Private);
            }
        }
    }
}
