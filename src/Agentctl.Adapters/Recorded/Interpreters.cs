using Agentctl.Core;

namespace Agentctl.Adapters.Recorded;

/// <summary>Programs that run agents written in JavaScript. Shells and editors in the same directory are none of them.</summary>
internal static class Interpreters
{
    public static IEnumerable<ProcessEntry> Among(IProcessTable processes) =>
        processes.All.Where(process => process.UserId == processes.UserId && Path.GetFileName(process.Executable) is ("node" or "bun" or "deno" or "nodejs"));
}
