using Agentctl.Core;

namespace Agentctl.Adapters.Codex;

/// <summary>
/// The daemon that Codex's terminal interface starts and that outlives it; it holds the locks of many threads. Its pid file:
/// <c>{"pid":12071,"processStartTime":"Sat Nov 21 06:48:59 2026","processIdentity":{"bootId":"23e0…","startTicks":178482},…}</c>
/// </summary>
internal readonly record struct CodexDaemon(int Pid, string BootId, ulong StartTicks)
{
    private const int LimitBytes = 64 * 1024;

    public bool Is(ProcessEntry process) =>
        Pid == process.Pid && StartTicks == process.StartTicks && BootId == process.Identity.BootId;

    /// <summary>The daemon that a pid file names, alive or not; null when there is none or it cannot be understood.</summary>
    public static CodexDaemon? Read(string path)
    {
        // Where it cannot be read, the owner of a thread is not known; that the thread is held still is.
        return ForeignFile.Read(path, LimitBytes, out _) is { } root
            && root.Whole("pid") is { } pid and > 0 and <= int.MaxValue
            && root.Member("processIdentity") is { } identity
            && identity.Text("bootId") is { } bootId
            && identity.Whole("startTicks") is { } startTicks and >= 0
                ? new CodexDaemon((int)pid, bootId, (ulong)startTicks)
                : null;
    }
}
