using System.Text.Json;
using Agentctl.Core;

namespace Agentctl.Daemon;

/// <summary>
/// The 17 methods of the Node tool's daemon, each answered by what answers the command line. What they mean here, and where that
/// differs, stands in docs/specs/old-socket.md.
/// </summary>
internal sealed partial class RpcMethods(ISessionApi sessions, ILaunchApi launches, DaemonReport report, Action stop, ILogger log)
{
    private const int UsualPeek = 20;

    /// <summary>Null when there is nothing to answer.</summary>
    public async Task<RpcAnswer?> Answer(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        RpcRequest? request;
        try
        {
            request = RpcRequest.Parse(line.Span);
        }
        catch (Exception defect) when (defect is InvalidOperationException or ArgumentException or FormatException)
        {
            // A line that parsing does not foresee costs that line, not the connection.
            RpcFailed(log, "(unreadable)", defect);
            return new RpcAnswer(Line("\"\""u8.ToArray(), "error"u8, Error("the request could not be read")));
        }

        if (request is null)
        {
            return null;
        }

        try
        {
            var result = await Result(request, cancellationToken);
            return new RpcAnswer(Line(request.Id, "result"u8, result), request.Method == "daemon.shutdown" ? stop : null);
        }
        catch (Exception failure) when (failure is RpcRefusedException or IOException or UnauthorizedAccessException or CannotLookException)
        {
            return new RpcAnswer(Line(request.Id, "error"u8, Error(failure.Message)));
        }
        catch (Exception defect) when (!(defect is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            RpcFailed(log, request.Method, defect);
            return new RpcAnswer(Line(request.Id, "error"u8, Error("the daemon failed at this request; its log says how")));
        }
    }

    /// <summary>A JSON document.</summary>
    private async Task<ReadOnlyMemory<byte>> Result(RpcRequest request, CancellationToken cancellationToken) => request.Method switch
    {
        "session.list" => await List(request, cancellationToken),
        "session.status" => await Ask(request, Reference(request), sessions.Status(Reference(request), cancellationToken)),
        "session.peek" => await Peek(request, cancellationToken),
        "session.launch" => await Launch(request, cancellationToken),
        "session.launch.track" => await Ask(request, Reference(request), sessions.Status(Reference(request), cancellationToken)),
        "session.stop" => await Stop(request, cancellationToken),
        "session.resume" => await Resume(request, cancellationToken),
        "session.prune" => await Prune(cancellationToken),
        "lock.list" => await Locks(cancellationToken),
        "lock.acquire" => await Ask(request, null, launches.TakeLock(new LockOrder(request.Required("directory"), request.Text("by"), request.Text("reason")), cancellationToken)),
        "lock.release" => await Nothing(request, launches.ReleaseLock(request.Required("directory"), cancellationToken)),
        "fuse.list" => await Fuses(cancellationToken),
        "fuse.set" => await Nothing(request, launches.ChangeFuse(FuseToSet(request), cancellationToken)),
        "fuse.extend" => await Nothing(request, launches.ChangeFuse(new FuseOrder("extend", request.Required("directory"), request.Number("ttlMs")), cancellationToken)),
        "fuse.cancel" => await CancelFuse(request, cancellationToken),
        "daemon.status" => await Status(cancellationToken),
        "daemon.shutdown" => "null"u8.ToArray(),
        _ => throw new RpcRefusedException($"Unknown method: {request.Method}"),
    };

    private async Task<ReadOnlyMemory<byte>> List(RpcRequest request, CancellationToken cancellationToken)
    {
        SessionState? state = request.Text("status") is { } word ? SessionStates.FromWord(word) ?? throw new RpcRefusedException($"Unknown status: {word}") : null;
        var reply = await sessions.List(new ListQuery(request.Flag("all"), request.Text("adapter"), state, request.Text("group")), cancellationToken);
        var listed = Read(reply, null, ApiJson.Default.SessionsDocument);
        var couldNotLook = listed.Adapters.Where(static adapter => adapter is { Error: not null, LastAnswerAt: null }).ToList();

        // A reader of this socket takes an empty list for "all have ended".
        return couldNotLook.Count > 0 && listed.Sessions.Count == 0
            ? throw new RpcRefusedException($"could not look: {string.Join("; ", couldNotLook.Select(static adapter => $"{adapter.Adapter}: {adapter.Error}"))}")
            : JsonSerializer.SerializeToUtf8Bytes(listed.Sessions, ApiJson.Readable.IReadOnlyListSessionRow);
    }

    private async Task<ReadOnlyMemory<byte>> Peek(RpcRequest request, CancellationToken cancellationToken)
    {
        var reference = Reference(request);
        var lines = request.Number("lines") ?? UsualPeek;
        var parts = await sessions.Transcript(reference, new TranscriptQuery(lines > 0 ? (int)Math.Min(lines, int.MaxValue) : null, Role: "assistant"), cancellationToken);
        if (!parts.IsOk)
        {
            throw Refused(parts.Problem, reference);
        }

        var texts = new List<string>();
        await foreach (var part in parts.Parts.WithCancellation(cancellationToken))
        {
            texts.Add(JsonSerializer.Deserialize(part.Span, ApiJson.Default.TranscriptLine)!.Text);
        }

        return JsonSerializer.SerializeToUtf8Bytes(string.Join("\n---\n", texts), ApiJson.Readable.String);
    }

    private async Task<ReadOnlyMemory<byte>> Launch(RpcRequest request, CancellationToken cancellationToken)
    {
        var meta = new Dictionary<string, string>();
        Add("openclaw_callback_session_key", request.Text("callbackSessionKey"));
        Add("openclaw_callback_agent_id", request.Text("callbackAgentId"));
        var reply = await launches.Launch(
            new LaunchOrder
            {
                Adapter = request.Text("adapter"),
                Prompt = request.Required("prompt"),
                Cwd = request.Required("cwd"),
                Spec = request.Text("spec"),
                Model = request.Text("model"),
                Environment = request.Texts("env"),
                Force = request.Flag("force"),
                Group = request.Text("group"),
                Meta = meta.Count > 0 ? meta : null,
            },
            cancellationToken);
        var launched = Read(reply, null, ApiJson.Default.LaunchedDocument);
        return await Ask(request, launched.Id, sessions.Status($"{launched.Adapter}/{launched.Id}", cancellationToken));

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                meta[key] = value;
            }
        }
    }

    private async Task<ReadOnlyMemory<byte>> Stop(RpcRequest request, CancellationToken cancellationToken)
    {
        var reference = Reference(request);
        var stopped = Read(await launches.Stop(new StopOrder([reference], Force: request.Flag("force")), cancellationToken), reference, ApiJson.Default.StopDocument);
        return stopped.Results is [{ Outcome: StopOutcomes.Stopped or StopOutcomes.AlreadyStopped or StopOutcomes.Interrupted }]
            ? "null"u8.ToArray()
            : throw new RpcRefusedException(stopped.Results is [var result] ? result.Detail : "nothing was stopped");
    }

    private async Task<ReadOnlyMemory<byte>> Resume(RpcRequest request, CancellationToken cancellationToken)
    {
        var reference = Reference(request);
        return await Nothing(request, launches.Launch(new LaunchOrder { Resumes = reference, Prompt = request.Required("message") }, cancellationToken), reference);
    }

    private async Task<ReadOnlyMemory<byte>> Prune(CancellationToken cancellationToken)
    {
        var pruned = Read(await launches.Prune(dryRun: false, cancellationToken), null, ApiJson.Default.PruneDocument);
        return Object(json => json.WriteNumber("pruned"u8, pruned.Items.Count));
    }

    private async Task<ReadOnlyMemory<byte>> Locks(CancellationToken cancellationToken) => JsonSerializer.SerializeToUtf8Bytes(
        Read(await launches.Locks(cancellationToken), null, ApiJson.Default.LocksDocument).Locks, ApiJson.Readable.IReadOnlyListLockRow);

    private async Task<ReadOnlyMemory<byte>> Fuses(CancellationToken cancellationToken) => JsonSerializer.SerializeToUtf8Bytes(
        Read(await launches.Fuses(cancellationToken), null, ApiJson.Default.FusesDocument).Fuses, ApiJson.Readable.IReadOnlyListFuseRow);

    private static FuseOrder FuseToSet(RpcRequest request)
    {
        var action = request.Texts("onExpire");
        return new FuseOrder(
            "set", request.Required("directory"), request.Number("ttlMs"), request.Text("sessionId"),
            action is null ? null : new FuseAction(action.GetValueOrDefault("script"), action.GetValueOrDefault("webhook"), action.GetValueOrDefault("event")),
            request.Text("label"));
    }

    /// <summary>To cancel what is not there is no error for who asks here.</summary>
    private async Task<ReadOnlyMemory<byte>> CancelFuse(RpcRequest request, CancellationToken cancellationToken)
    {
        var reply = await launches.ChangeFuse(new FuseOrder("cancel", request.Required("directory")), cancellationToken);
        return reply.IsOk || reply.Status == 404 ? "null"u8.ToArray() : throw Refused(reply.Body, null);
    }

    private async Task<ReadOnlyMemory<byte>> Status(CancellationToken cancellationToken)
    {
        var daemon = await report.Take(cancellationToken);
        return Object(json =>
        {
            json.WriteNumber("pid"u8, daemon.Pid);
            json.WriteNumber("uptime"u8, (long)(daemon.UptimeSeconds * 1000));
            json.WriteNumber("sessions"u8, daemon.Active);
            json.WriteNumber("locks"u8, daemon.Locks);
            json.WriteNumber("fuses"u8, daemon.Fuses);
        });
    }

    private static string Reference(RpcRequest request) =>
        request.Text("adapter") is { } adapter && !request.Required("id").StartsWith(adapter + "/", StringComparison.Ordinal) ? $"{adapter}/{request.Required("id")}" : request.Required("id");

    /// <summary>The document of an answer as it is.</summary>
    private static async Task<ReadOnlyMemory<byte>> Ask(RpcRequest request, string? reference, Task<ApiReply> asked)
    {
        var reply = await asked;
        return reply.IsOk ? reply.Whole() : throw Refused(reply.Body, reference ?? request.Text("id"));
    }

    private static async Task<ReadOnlyMemory<byte>> Nothing(RpcRequest request, Task<ApiReply> asked, string? reference = null)
    {
        _ = await Ask(request, reference, asked);
        return "null"u8.ToArray();
    }

    private static T Read<T>(ApiReply reply, string? reference, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        reply.IsOk ? JsonSerializer.Deserialize(reply.Whole().Span, type)! : throw Refused(reply.Body, reference);

    private static RpcRefusedException Refused(ReadOnlyMemory<byte> problem, string? reference)
    {
        var said = JsonSerializer.Deserialize(problem.Span, ApiJson.Default.ProblemDocument)!;
        return new RpcRefusedException(said.Type == "/problems/not-found" && said.CouldNotLook is not { Count: > 0 } && reference is not null ? $"Session not found: {reference}" : said.Detail);
    }

    private static ReadOnlyMemory<byte> Error(string message) => Object(json =>
    {
        json.WriteString("code"u8, "ERR"u8);
        json.WriteString("message"u8, message);
    });

    private static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static ReadOnlyMemory<byte> Line(ReadOnlyMemory<byte> id, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> document)
    {
        var buffer = new MemoryStream(document.Length + 64);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WritePropertyName("id"u8);
            json.WriteRawValue(id.Span, skipInputValidation: true);
            json.WritePropertyName(name);
            json.WriteRawValue(document.Span, skipInputValidation: true);
            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    [LoggerMessage(EventId = 41, EventName = "RpcFailed", Level = LogLevel.Error, Message = "{Method} on the old socket failed")]
    private static partial void RpcFailed(ILogger log, string method, Exception failure);

    private static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
