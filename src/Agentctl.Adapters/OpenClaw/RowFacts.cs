using Agentctl.Core;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>From a row to the facts that decide its state.</summary>
internal static class RowFacts
{
    public const string GatewaySource = "openclaw gateway, sessions.list";

    private static readonly string[] ApprovalsUnseen =
        ["whether it waits for an approval: the gateway tells that only to connections with the scope operator.approvals"];

    /// <summary>A living gateway answered: its hasActiveRun is the authority, status only says how the newest run ended.</summary>
    public static Facts FromGateway(GatewayRow row) => row.HasActiveRun switch
    {
        true => new Facts
        {
            Holder = Holder.Owner,
            Signal = Signal.Busy,
            HolderEvidence = Saw("hasActiveRun is true: the gateway holds a run of it", row),
            SignalEvidence = Saw("hasActiveRun is true: the gateway holds a run of it", row),
            NotKnown = ApprovalsUnseen,
        },
        false => Rested(row, GatewaySource, "hasActiveRun is false"),
        null => new Facts
        {
            Holder = Holder.Unreadable,
            Signal = Signal.None,
            HolderEvidence = Saw($"the row has no hasActiveRun ({StatusOf(row)}); without it nothing tells whether it runs", row),
            UnknownReason = Reasons.NoSignal,
        },
    };

    /// <summary>
    /// The gateway is provably not running, so nothing of it runs; what its database calls running is not believed.
    /// </summary>
    /// <param name="gone">What proves that there is no gateway.</param>
    public static Facts FromStore(GatewayRow row, string source, Evidence gone) => row.Status == "running"
        ? new Facts
        {
            Holder = Holder.Gone,
            Signal = Signal.Busy,
            HolderEvidence = gone,
            SignalEvidence = new Evidence(source, "a run is marked as going on, left so by a gateway that is gone", row.RecordedAt),
        }
        : Rested(row, source, "the gateway is not running") with { Others = [gone] };

    private static Facts Rested(GatewayRow row, string source, string noRun)
    {
        var (signal, fact) = row switch
        {
            { Status: "failed" } => (Signal.Failed, $"status is failed{Because(row)}"),
            { Status: "timeout" } => (Signal.TimedOut, "status is timeout"),
            { Status: "killed" } => (Signal.Aborted, "status is killed"),
            { AbortedLastRun: true } => (Signal.Aborted, "abortedLastRun is true"),
            { Status: "done" } => (Signal.Done, "status is done"),
            { Status: "running" } => (Signal.Busy, "status still says running, left by a run whose end was never recorded"),
            { LastRunError: not null, Status: null } => (Signal.Failed, $"no status{Because(row)}"),
            { Status: null, HasEverRun: true } => (Signal.Done, row.CreatedVia == "cron" ? "no status, as the gateway leaves its cron and hook runs once they end" : "no status, and traces of a run"),
            { Status: null } => (Signal.NeverRun, "no trace of any run"),
            _ => (Signal.Done, $"status is {GatewayText.Clean(row.Status)}"),
        };
        return new Facts
        {
            Holder = Holder.None,
            Signal = signal,
            SignalEvidence = new Evidence(source, $"{noRun}; {fact}", row.RecordedAt),
        };
    }

    private static string Because(GatewayRow row) => row.LastRunError is { } error ? $" ({GatewayText.Clean(error)})" : "";

    private static string StatusOf(GatewayRow row) => row.Status is { } status ? $"status {GatewayText.Clean(status)}" : "no status";

    private static Evidence Saw(string fact, GatewayRow row) => new(GatewaySource, fact, row.RecordedAt);
}
