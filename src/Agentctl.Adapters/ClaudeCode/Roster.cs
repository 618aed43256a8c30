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

    /// <exception cref="InvalidDataException">One of them is torn.</exception>
    public static Roster Parse(byte[] roster, byte[]? daemonLock)
    {
        var root = Root(roster);
        var workers = new List<RosterWorker>();
        if (root.Field("workers") is { ValueKind: JsonValueKind.Object } named)
        {
            foreach (var worker in named.EnumerateObject())
            {
                if (SessionIds.ValidOrNull(worker.Value.Text("sessionId")) is { } sessionId)
                {
                    workers.Add(new RosterWorker(worker.Name, sessionId,
                        Pid(worker.Value, "replPid"), JsonFields.Ticks(worker.Value.Text("replProcStart"))));
                }
            }
        }

        var (pid, startTicks) = daemonLock is { } content ? Supervisor(content) : default;
        return new Roster(pid, startTicks, JsonFields.Time(root.Integer("updatedAt")), workers);
    }

    private static (int? Pid, ulong? StartTicks) Supervisor(byte[] daemonLock)
    {
        var root = Root(daemonLock);
        return (Pid(root, "pid"), JsonFields.Ticks(root.Text("procStart")));
    }

    private static int? Pid(JsonElement element, string name) => element.Integer(name) is > 0 and <= int.MaxValue and var pid ? (int)pid : null;

    private static JsonElement Root(byte[] json) =>
        ForeignJson.TryParse(json, out var root, out var damage) ? root : throw new InvalidDataException(damage.What);
}
