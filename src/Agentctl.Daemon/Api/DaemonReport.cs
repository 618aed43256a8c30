using Agentctl.Core;
using Agentctl.Sessions;

namespace Agentctl.Daemon;

/// <summary>What the daemon says of itself.</summary>
internal sealed class DaemonReport(AgentEnvironment environment, Func<CancellationToken, Task<SessionCounts>> count, Func<HeldCounts> held, BackgroundLoops loops, TimeProvider time)
{
    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    public async Task<DaemonDocument> Take(CancellationToken cancellationToken)
    {
        var counts = await count(cancellationToken);
        var (slots, locks, launches, sweepCatches, fuses) = held();
        return new DaemonDocument(
            Environment.ProcessId,
            BuildStamp.Version,
            BuildStamp.Commit,
            BuildStamp.Runtime,
            startedAt,
            (time.GetUtcNow() - startedAt).TotalSeconds,
            environment.AgentctlHome,
            DaemonProtocol.SocketPath(environment.AgentctlHome),
            counts.Active,
            counts.Unknown,
            counts.ByAdapter,
            locks,
            fuses,
            counts.Adapters,
            Environment.WorkingSet,
            launches,
            slots,
            sweepCatches,
            loops.Reports());
    }
}
