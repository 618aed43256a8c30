namespace Agentctl.Platform;

/// <summary>umask(2) of the whole process: for programs that set it once, at their start.</summary>
public static class FileCreationMask
{
    /// <summary>What is created from now on is for its owner only.</summary>
    public static void MakePrivate() => _ = SocketCalls.SetMask(Convert.ToUInt32("077", 8));
}
