using System.Text.Json;
using Agentctl.Core;
using Agentctl.Platform;

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
        try
        {
            if (NativeFile.ReadSmall(path, LimitBytes) is not { } content)
            {
                return null;
            }

            using var document = JsonDocument.Parse(content);
            var root = document.RootElement;
            return root.Number("pid") is { } pid and > 0 and <= int.MaxValue
                && root.Member("processIdentity") is { } identity
                && identity.Text("bootId") is { } bootId
                && identity.Number("startTicks") is { } startTicks
                    ? new CodexDaemon((int)pid, bootId, (ulong)startTicks)
                    : null;
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            // Who owns a thread is then not known; that it is held still is.
            return null;
        }
    }
}
