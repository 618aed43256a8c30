namespace Agentctl.Core;

/// <summary>
/// What the command line asks: answered by the daemon over its socket (Agentctl.Client) or in process without one
/// (Agentctl.Sessions). Both give the same bytes, because the daemon serves what the second one wrote.
/// </summary>
public interface ISessionApi
{
    /// <summary>A <see cref="SessionsDocument"/>.</summary>
    Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken);

    /// <summary>A <see cref="SessionsDocument"/> now, and again whenever one of its rows or outcomes has changed.</summary>
    Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken);

    /// <summary>The <see cref="SessionRow"/>, equal to its row of a list of all.</summary>
    Task<ApiReply> Status(string reference, CancellationToken cancellationToken);

    /// <summary>An <see cref="ExplainDocument"/>.</summary>
    Task<ApiReply> Explain(string reference, CancellationToken cancellationToken);

    /// <summary>A <see cref="UsageDocument"/>; reads the whole record.</summary>
    Task<ApiReply> Usage(string reference, CancellationToken cancellationToken);

    /// <summary>A <see cref="TranscriptLine"/> each; with follow it does not end by itself.</summary>
    Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken);
}

/// <summary>Which sessions to list.</summary>
/// <param name="All">Also what ended within the window of seven days, or since <paramref name="Since"/>.</param>
/// <param name="ShortIds">Work out the prefix to print for each row.</param>
public sealed record ListQuery(
    bool All = false,
    string? Adapter = null,
    SessionState? Status = null,
    string? Group = null,
    DateTimeOffset? Since = null,
    bool ShortIds = false);

/// <param name="Last">At most that many of the newest entries; null = all.</param>
/// <param name="Role">Only entries of this role; null = all.</param>
/// <param name="Follow">Go on with new entries as they come.</param>
/// <param name="UntilEnded">With <paramref name="Follow"/>: end when the session has ended and all of it was read.</param>
public sealed record TranscriptQuery(int? Last = null, string? Role = null, bool Follow = false, bool UntilEnded = false);

/// <summary>One answer: the document when <see cref="Status"/> is 200, else a <see cref="ProblemDocument"/>; UTF-8 JSON.</summary>
/// <param name="Rest">What follows <paramref name="Body"/>, piece by piece: a long list's rows are sent as they were written, never put together.</param>
public readonly record struct ApiReply(int Status, ReadOnlyMemory<byte> Body, IReadOnlyList<ReadOnlyMemory<byte>>? Rest = null)
{
    public bool IsOk => Status == 200;

    /// <summary>In bytes.</summary>
    public int Length => Body.Length + (Rest?.Sum(static piece => piece.Length) ?? 0);

    /// <summary>The document in one piece.</summary>
    public ReadOnlyMemory<byte> Whole()
    {
        if (Rest is null)
        {
            return Body;
        }

        var whole = new byte[Length];
        Body.CopyTo(whole);
        var at = Body.Length;
        foreach (var piece in Rest)
        {
            piece.CopyTo(whole.AsMemory(at));
            at += piece.Length;
        }

        return whole;
    }
}

/// <summary>An answer in parts: one JSON document each, without line feeds inside; or a <see cref="ProblemDocument"/> and no parts.</summary>
public readonly record struct ApiParts(int Status, ReadOnlyMemory<byte> Problem, IAsyncEnumerable<ReadOnlyMemory<byte>> Parts)
{
    public bool IsOk => Status == 200;
}
