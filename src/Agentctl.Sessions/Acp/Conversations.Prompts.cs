using System.Runtime.CompilerServices;
using Agentctl.Core;
using Agentctl.Platform;

namespace Agentctl.Sessions;

/// <summary>Prompts, the questions they bring, and their results.</summary>
internal sealed partial class Conversations
{
    public async Task<ApiParts> Prompt(PromptOrder order, CancellationToken cancellationToken)
    {
        if (WrongPrompt(order) is { } wrong)
        {
            return Parts(Replies.BadRequest(wrong));
        }

        var (blocks, blockProblem) = PromptBlocks.Of(order);
        if (blocks is null)
        {
            return Parts(Replies.BadRequest(blockProblem!));
        }

        var (record, problem) = Target(order);
        if (record is null)
        {
            return Parts(problem!.Value);
        }

        var request = $"{record.Id}.{order.Id ?? LaunchId.New()}";
        if (order.Id is not null && new AcpHistory(store, record.Id).PlaceOf(request, JournalKinds.Prompt) is { } place)
        {
            return Answered(place);
        }

        if (WhyClosed(record) is { } closed)
        {
            return Parts(closed);
        }

        var entry = new JournalEntry
        {
            Kind = JournalKinds.Prompt,
            At = options.Time.GetUtcNow(),
            Request = request,
            Prompt = blocks,
            Policy = order.Policy,
            TimeoutSeconds = order.TimeoutSeconds,
            IdleTimeoutSeconds = order.IdleTimeoutSeconds,
            Retries = order.Retries > 0 ? order.Retries : null,
            EndsWithCaller = order.Exec is not null,
        };
        if (AcpJournal.SizeOf(entry) is var size && size > AcpJournal.LongestEntryBytes)
        {
            return Parts(Replies.BadRequest($"The prompt is too large: it takes {size >> 20} MiB, and at most {AcpJournal.LongestEntryBytes >> 20} MiB are kept. Put the content into a file of the session's directory, and name the file."));
        }

        var environment = order.Environment ?? order.Scope?.Environment ?? order.Exec?.Environment;
        if (order is { Mode: { } mode, Exec: null } && await Set(record.Id, new AcpSetOrder(ModeId: mode), environment, cancellationToken).ConfigureAwait(false) is { IsOk: false } notSet)
        {
            return Parts(notSet);
        }

        var (taken, refused) = await WithDriver<object>(record, driver => Task.FromResult<object?>(driver.Accept(new QueuedPrompt(entry, environment)) switch
        {
            { Position: { } at } => at,
            { Problem: { } why } => why,
            _ => null,
        }), cancellationToken).ConfigureAwait(false);
        return taken switch
        {
            null => Parts(refused!.Value),
            string why => Parts(Replies.Refused("/problems/refused", why)),
            long at => Answered(at),
            _ => throw new InvalidOperationException("a prompt is taken or not"),
        };

        ApiParts Answered(long at) =>
            new(200, default, order.NoWait ? Accepted(record, at, request, cancellationToken) : Awaited(record, (at, null, 0), request, cancellationToken));
    }

    public async Task<ApiReply> Result(string requestId, bool wait, CancellationToken cancellationToken)
    {
        // Those of earlier versions end with 6 characters.
        if (requestId.Split('.') is not [var id, { Length: 6 or LaunchId.Length }] || store.Find(id) is not { } record || new AcpHistory(store, id).Result(requestId) is not { } result)
        {
            return NoPrompt(requestId);
        }

        while (wait && result.EndedAt is null)
        {
            // Somebody has to look after it, or it would never end.
            using var driver = Drive(record);
            using var signal = signals.Follow(id);
            using var news = new ConversationNews(store, id, signal.Signal, () => IsOurs(id), options.Time);
            var from = new AcpHistory(store, id).PlaceOf(requestId, JournalKinds.Prompt) ?? 0;
            await PromptEnd.Wait(store.JournalOf(id), requestId, from, news, () => !IsDriven(id), cancellationToken).ConfigureAwait(false);
            if (new AcpHistory(store, id).Result(requestId) is not { } now)
            {
                // The session was removed in the meantime.
                return NoPrompt(requestId);
            }

            result = now;
        }

        return Replies.Ok(result, ApiJson.Readable.PromptResultDocument);
    }

    private static ApiReply NoPrompt(string requestId) => Replies.Problem(
        new ProblemDocument("/problems/not-found", "No such prompt", 404, $"There is no prompt {requestId}. Its name is what prompt --no-wait printed."));

    public ApiParts Watch(string reference, string? after, string? requestId, CancellationToken cancellationToken)
    {
        if (Find(reference, out var problem) is not { } record)
        {
            return Parts(problem);
        }

        if (after is not null && AcpWatch.Parse(after) is null)
        {
            return Parts(Replies.BadRequest($"{after} is no cursor of this session; leave it out to begin at the beginning."));
        }

        var from = after is null ? (0, null, 0) : AcpWatch.Parse(after)!.Value;
        if (requestId is not null && new AcpHistory(store, record.Id).PlaceOf(requestId, JournalKinds.End) is { } end && end < from.Journal)
        {
            // Past the result nothing would ever come. Who asks may not have had the whole of it.
            from = (end, null, 0);
        }

        return new ApiParts(200, default, requestId is null ? Follow(record, from, null, static () => false, cancellationToken) : Awaited(record, from, requestId, cancellationToken));
    }

    public IReadOnlyList<ApprovalRow> Approvals() => [.. driven.Values.SelectMany(static one => one.Approvals).OrderBy(static row => row.AskedAt)];

    public ApiReply Answer(ApprovalOrder order)
    {
        var meant = Approvals().Where(row => row.Id.StartsWith(order.Id, StringComparison.Ordinal) && order.Id.Length > 0).ToList();
        if (meant.Count > 1)
        {
            return Replies.BadRequest($"{order.Id} means {meant.Count} questions: {string.Join(", ", meant.Select(static row => row.Id))}.");
        }

        var answered = meant.Count == 1 && driven.Values.Any(driver => driver.Approvals.Any(row => row.Id == meant[0].Id) && driver.Answer(meant[0].Id, order.Allow, order.Always));
        return answered
            ? Replies.Ok(meant[0], ApiJson.Readable.ApprovalRow)
            : Replies.Problem(new ProblemDocument("/problems/not-found", "No such question", 404, $"No question {order.Id} is open: it was answered, has expired, or its turn was cancelled. See: agentctl approvals"));
    }

    private static string? WrongPrompt(PromptOrder order) =>
        order.Id is { } id && !LaunchId.IsOne(id) ? $"{id} is no id of a prompt: {LaunchId.Length} letters and digits." :
        (TimeLimit.Wrong("timeoutSeconds", order.TimeoutSeconds) ?? TimeLimit.Wrong("idleTimeoutSeconds", order.IdleTimeoutSeconds)) is { } limit ? limit
        : order.Retries < 0 ? "A prompt is not sent again less than never."
        : AcpPolicy.Wrong(order.Policy);

    /// <summary>Closed, and not to be woken by accident.</summary>
    private ApiReply? WhyClosed(AcpRecord record) => Describe(record, ProcessTable.Take()) is { Closed: true } row
        ? Replies.Refused("/problems/refused", $"{NameOf(record)} was closed{(row.ClosedAt is { } at ? $" at {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "")}. To begin another: agentctl sessions new; to go on with what was said: agentctl sessions new --resume {record.SessionId}")
        : null;

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Follow(
        AcpRecord record, (long Journal, string? Launch, long Output) from, string? requestId, Func<bool> isOver, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var signal = signals.Follow(record.Id);
        var watch = new AcpWatch(store, record.Id, signal.Signal, known => Describe(known, ProcessTable.Take()), options.Time);
        watch.GoTo(from.Journal, from.Launch, from.Output);
        await foreach (var part in watch.Read(requestId, () => IsOurs(record.Id), isOver, cancellationToken).ConfigureAwait(false))
        {
            yield return part;
        }
    }

    /// <summary>Only that it was taken.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Accepted(AcpRecord record, long at, string request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var part in Follow(record, (at, null, 0), request, () => !IsDriven(record.Id), cancellationToken).ConfigureAwait(false))
        {
            yield return part;
            yield break;
        }
    }

    /// <summary>
    /// Up to the result. As long as somebody listens, the caller of a prompt that ends with its caller counts as there; and when nobody
    /// drives the session, because who did was killed, we do.
    /// </summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Awaited(
        AcpRecord record, (long Journal, string? Launch, long Output) from, string requestId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Conversation? known = null;
        IDisposable? caller = null;
        var hasTakenOver = false;
        try
        {
            await foreach (var part in Follow(record, from, requestId, IsOver, cancellationToken).ConfigureAwait(false))
            {
                yield return part;
            }
        }
        finally
        {
            caller?.Dispose();
        }

        bool IsOver()
        {
            // Once: what fails for us is not tried without end. Where another was quicker, that one drives it.
            var isLeft = !hasTakenOver && !IsDriven(record.Id) && store.IsLive(record.Id);
            using var ours = isLeft ? Drive(record) : null;
            hasTakenOver |= ours is not null;
            if (driven.GetValueOrDefault(record.Id) is { } now && now != known)
            {
                caller?.Dispose();
                (known, caller) = (now, now.CallerCame());
            }

            return !isLeft && !IsDriven(record.Id);
        }
    }

    private static ApiParts Parts(ApiReply problem) => new(problem.Status, problem.Body, Nothing());

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Nothing()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }
}
