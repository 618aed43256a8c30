using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Adapters.ClaudeCode;

/// <summary>A worker process of Claude's daemon.</summary>
/// <param name="Pid">The process that works on the conversation (the pty host is its parent); null until it is known.</param>
internal sealed record RosterWorker(string ShortId, string SessionId, int? Pid, ulong? StartTicks);

/// <summary>
/// <c>daemon/roster.json</c>, which also holds secrets of the daemon's sockets (rvAuth, ptyAuth): only these fields are read.
/// <code>
/// {"proto":1,"supervisorPid":11242,"updatedAt":1795243724491,"workers":{"8760a0ae":{"pid":11249,"procStart":"176874",
///   "sessionId":"8760a0ae-…","cwd":"/home/dev/proj","attempt":1,"replPid":11263,"replProcStart":"176883", …}}}
/// </code>
/// and <c>daemon.lock</c>, which says which process the daemon is: <c>{"pid":11242,"version":"2.1.329","procStart":"176852", …}</c>.
/// Both stay behind when the daemon is killed.
/// </summary>
internal sealed record Roster(int? SupervisorPid, ulong? SupervisorStartTicks, DateTimeOffset? UpdatedAt, IReadOnlyList<RosterWorker> Workers)
{
    public const int LimitBytes = 4 * 1024 * 1024;

    /// <exception cref="JsonException">One of them is torn.</exception>
    public static Roster Parse(byte[] roster, byte[]? daemonLock)
    {
        using var document = JsonDocument.Parse(HalfPairs.Mended(roster));
        var root = document.RootElement;
        var workers = new List<RosterWorker>();
        if (root.Field("workers") is { ValueKind: JsonValueKind.Object } named)
        {
            foreach (var worker in named.EnumerateObject())
            {
                if (worker.Value.Text("sessionId") is { } sessionId)
                {
                    workers.Add(new RosterWorker(worker.Name, sessionId,
                        (int?)worker.Value.Integer("replPid"), JsonFields.Ticks(worker.Value.Text("replProcStart"))));
                }
            }
        }

        var (pid, startTicks) = daemonLock is { } content ? Supervisor(content) : default;
        return new Roster(pid, startTicks, JsonFields.Time(root.Integer("updatedAt")), workers);
    }

    private static (int? Pid, ulong? StartTicks) Supervisor(byte[] daemonLock)
    {
        using var document = JsonDocument.Parse(daemonLock);
        return ((int?)document.RootElement.Integer("pid"), JsonFields.Ticks(document.RootElement.Text("procStart")));
    }
}
