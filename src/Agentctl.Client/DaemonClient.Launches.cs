using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;

namespace Agentctl.Client;

public sealed partial class DaemonClient
{
    public Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) => Post("/v1/launches", order, ApiJson.Readable.LaunchOrder, cancellationToken);

    public Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken) => Post("/v1/stop", order, ApiJson.Readable.StopOrder, cancellationToken);

    public Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken) =>
        Post(Target.OfSession(reference) + "/send", order, ApiJson.Readable.SendOrder, cancellationToken);

    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) => Ask("POST", Target.OfSession(reference) + "/cancel", cancellationToken);

    public Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken) => Post("/v1/wait", order, ApiJson.Readable.WaitOrder, cancellationToken);

    public Task<ApiReply> Locks(CancellationToken cancellationToken) => Ask("GET", "/v1/locks", cancellationToken);

    public Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken) => Post("/v1/locks", order, ApiJson.Readable.LockOrder, cancellationToken);

    public Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken) =>
        Ask("DELETE", Target.Of("/v1/locks", "directory", directory), cancellationToken);

    public Task<ApiReply> Queue(CancellationToken cancellationToken) => Ask("GET", "/v1/queue", cancellationToken);

    public Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken) => Post("/v1/queue", order, ApiJson.Readable.QueueOrder, cancellationToken);

    public Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken) => Ask("GET", Target.OfSession(reference) + "/hooks", cancellationToken);

    public Task<ApiReply> Fuses(CancellationToken cancellationToken) => Ask("GET", "/v1/fuses", cancellationToken);

    public Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken) => Post("/v1/fuses", order, ApiJson.Readable.FuseOrder, cancellationToken);

    public Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken) =>
        Ask("POST", Target.Of("/v1/prune", "dryRun", dryRun ? "true" : null), cancellationToken);

    public Task<ApiParts> Events(string? after, CancellationToken cancellationToken) => AskForParts(Target.Of("/v1/events", "after", after), cancellationToken);

    private Task<ApiReply> Post<T>(string target, T order, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        Ask("POST", target, cancellationToken, JsonSerializer.SerializeToUtf8Bytes(order, type));
}
