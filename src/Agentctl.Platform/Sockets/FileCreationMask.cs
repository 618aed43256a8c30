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
