using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Agentctl.Core;

namespace Agentctl.Cli.Tests;

internal sealed partial class ScriptedSessions
{
    public StopDocument Stopped { get; set; } = new([]);
    public WaitDocument Waited { get; set; } = new(false, [], []);
    public ActionDocument Done { get; set; } = new("codex/1", true, "turn/start", "it has it");
    public LocksDocument Held { get; set; } = new([], []);
    public PruneDocument Pruned { get; set; } = new(true, [], []);
    public FusesDocument Burning { get; set; } = new([], []);
    public QueueDocument Waiting { get; set; } = new([]);
    public HooksDocument Hooked { get; set; } = new("codex/1", []);

    /// <summary>Why the queue does not change.</summary>
    public ProblemDocument? RefusedQueueChange { get; set; }

    public List<EventDocument> Happened { get; } = [];

    public Task<ApiReply> Launch(LaunchOrder order, CancellationToken cancellationToken) => throw new NotSupportedException("a command launches in its own process");

    public Task<ApiReply> Stop(StopOrder order, CancellationToken cancellationToken) => Answer(order, Stopped, ApiJson.Readable.StopDocument);

    public Task<ApiReply> Send(string reference, SendOrder order, CancellationToken cancellationToken) => Answer((reference, order), Done, ApiJson.Readable.ActionDocument);

    public Task<ApiReply> Cancel(string reference, CancellationToken cancellationToken) => Answer(reference, Done, ApiJson.Readable.ActionDocument);

    public Task<ApiReply> Wait(WaitOrder order, CancellationToken cancellationToken) => Answer(order, Waited, ApiJson.Readable.WaitDocument);

    public Task<ApiReply> Locks(CancellationToken cancellationToken) => Answer("locks", Held, ApiJson.Readable.LocksDocument);

    public Task<ApiReply> TakeLock(LockOrder order, CancellationToken cancellationToken) => Answer(order, Held.Locks[0], ApiJson.Readable.LockRow);

    public Task<ApiReply> ReleaseLock(string directory, CancellationToken cancellationToken) => Answer(directory, Held.Locks[0], ApiJson.Readable.LockRow);

    public Task<ApiReply> Queue(CancellationToken cancellationToken) => Answer("queue", Waiting, ApiJson.Readable.QueueDocument);

    public Task<ApiReply> ChangeQueue(QueueOrder order, CancellationToken cancellationToken) =>
        RefusedQueueChange is { } refused ? Task.FromResult(Agentctl.Sessions.Replies.Problem(refused)) : Answer(order, Waiting, ApiJson.Readable.QueueDocument);

    public Task<ApiReply> Hooks(string reference, CancellationToken cancellationToken) => Answer($"hooks {reference}", Hooked, ApiJson.Readable.HooksDocument);

    public Task<ApiReply> Fuses(CancellationToken cancellationToken) => Answer("fuses", Burning, ApiJson.Readable.FusesDocument);

    public Task<ApiReply> ChangeFuse(FuseOrder order, CancellationToken cancellationToken) => Answer(order, Burning, ApiJson.Readable.FusesDocument);

    public Task<ApiReply> Prune(bool dryRun, CancellationToken cancellationToken) => Answer(dryRun, Pruned, ApiJson.Readable.PruneDocument);

    public Task<ApiParts> Events(string? after, CancellationToken cancellationToken)
    {
        Asked.Add(after ?? "from now on");
        return Task.FromResult(Parts(Happened.Select(change => JsonSerializer.SerializeToUtf8Bytes(change, ApiJson.Readable.EventDocument))));
    }

    private Task<ApiReply> Answer<T>(object asked, T document, JsonTypeInfo<T> type)
    {
        Asked.Add(asked);
        return Task.FromResult(Reply(() => JsonSerializer.SerializeToUtf8Bytes(document, type)));
    }
}
