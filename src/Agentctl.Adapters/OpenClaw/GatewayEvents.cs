using System.Text.Json;
using System.Threading.Channels;

namespace Agentctl.Adapters.OpenClaw;

/// <summary>What changed since it was last asked.</summary>
/// <param name="Everything">A gap, or an event that names no session.</param>
/// <param name="Transcripts">A conversation grew.</param>
internal readonly record struct GatewayChanges(bool Everything, bool Transcripts, IReadOnlyCollection<string> Keys);

/// <summary>Turns the events of one connection into "these keys changed". Filled by the receiving thread, emptied by the follower.</summary>
internal sealed class GatewayEvents
{
    private readonly Lock gate = new();
    private readonly HashSet<string> keys = [];
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool everything;
    private bool transcripts;
    private long? lastSequence;
    private long heard;

    /// <summary>Grows with every event that changes something.</summary>
    public long Heard => Interlocked.Read(ref heard);

    // {"type":"event","event":"sessions.changed","payload":{"sessionKey":"agent:main:cron:f2b3daaa-…:run:e8469dd7-…","phase":"start",…},"seq":60}
    // Events are numbered per connection, without holes.
    public void Take(string name, long? sequence, JsonElement payload)
    {
        if (sequence is { } number)
        {
            var hasGap = lastSequence is { } last && number != last + 1;
            lastSequence = number;
            if (hasGap)
            {
                Add(null);
            }
        }

        switch (name)
        {
            case "sessions.changed":
                Add(KeyOf(payload));
                break;
            case "session.message":
                Add(KeyOf(payload), isTranscript: true);
                break;
            case "chat" when payload.Text("state") is "final" or "error" or "aborted":
            case "agent" when payload.Text("stream") == "lifecycle":
            case "cron" when KeyOf(payload) is not null:
                Add(KeyOf(payload));
                break;
        }
    }

    private static string? KeyOf(JsonElement payload) =>
        (payload.Text("sessionKey") ?? payload.Member("session")?.Text("key")) is { } key ? GatewayRow.BaseKey(key) : null;

    private void Add(string? key, bool isTranscript = false)
    {
        lock (gate)
        {
            everything |= key is null;
            transcripts |= isTranscript;
            if (key is not null)
            {
                keys.Add(key);
            }

            Interlocked.Increment(ref heard);
        }

        signal.Writer.TryWrite(true);
    }

    /// <summary>Until there is a change; false when the connection was given up.</summary>
    public async Task<bool> WaitForChange(CancellationToken cancellationToken) =>
        await signal.Reader.WaitToReadAsync(cancellationToken) && signal.Reader.TryRead(out _);

    public GatewayChanges TakeChanges()
    {
        lock (gate)
        {
            var changes = new GatewayChanges(everything, transcripts, [.. keys]);
            everything = false;
            transcripts = false;
            keys.Clear();
            return changes;
        }
    }

    public void End() => signal.Writer.TryComplete();
}
