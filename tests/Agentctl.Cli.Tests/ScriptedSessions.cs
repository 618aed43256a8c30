using System.Text.Json;
using Agentctl.Client;
using Agentctl.Core;

namespace Agentctl.Cli.Tests;

/// <summary>Answers with what a test put there, and keeps what was asked.</summary>
internal sealed partial class ScriptedSessions : IAgentctlApi
{
    public List<SessionRow> Rows { get; } = [];
    public List<AdapterReport> Adapters { get; } = [new("claude-code", "ok", 1, null, [], [], new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero))];
    public ProblemDocument? Problem { get; set; }
    public ExplainDocument? Explanation { get; set; }
    public RowTokens? Tokens { get; set; }
    public List<TranscriptLine> Entries { get; } = [];
    public List<SessionsDocument> Changes { get; } = [];
    public List<object> Asked { get; } = [];

    /// <summary>What happens while the daemon goes away at the end of a stream, once for each.</summary>
    public Queue<Action> Losses { get; } = [];

    public Task<ApiReply> List(ListQuery query, CancellationToken cancellationToken)
    {
        Asked.Add(query);
        return Task.FromResult(Reply(() => Bytes(Document(query.ShortIds))));
    }

    public Task<ApiParts> FollowList(ListQuery query, CancellationToken cancellationToken)
    {
        Asked.Add(query);
        return Task.FromResult(Parts(Changes.Select(Bytes)));
    }

    public Task<ApiReply> Status(string reference, CancellationToken cancellationToken)
    {
        Asked.Add(reference);
        return Task.FromResult(Reply(() => JsonSerializer.SerializeToUtf8Bytes(Rows[0], ApiJson.Readable.SessionRow)));
    }

    public Task<ApiReply> Explain(string reference, CancellationToken cancellationToken)
    {
        Asked.Add(reference);
        return Task.FromResult(Reply(() => JsonSerializer.SerializeToUtf8Bytes(Explanation!, ApiJson.Readable.ExplainDocument)));
    }

    public Task<ApiReply> Usage(string reference, CancellationToken cancellationToken) =>
        Task.FromResult(Reply(() => JsonSerializer.SerializeToUtf8Bytes(new UsageDocument(Rows[0].Id, Rows[0].Adapter, Tokens), ApiJson.Readable.UsageDocument)));

    public Task<ApiParts> Transcript(string reference, TranscriptQuery query, CancellationToken cancellationToken)
    {
        Asked.Add(reference);
        Asked.Add(query);
        return Task.FromResult(Parts(Entries.Select(entry => JsonSerializer.SerializeToUtf8Bytes(entry, ApiJson.Readable.TranscriptLine))));
    }

    public SessionsDocument Document(bool withShortIds) => new(Rows, Adapters, withShortIds ? [.. Rows.Select(row => row.Id[..8])] : null);

    private static byte[] Bytes(SessionsDocument document) => JsonSerializer.SerializeToUtf8Bytes(document, ApiJson.Readable.SessionsDocument);

    private ApiReply Reply(Func<byte[]> body) => Problem is { } problem
        ? new ApiReply(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Readable.ProblemDocument))
        : new ApiReply(200, body());

    private ApiParts Parts(IEnumerable<byte[]> parts) => Problem is { } problem
        ? new ApiParts(problem.Status, JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Readable.ProblemDocument), Stream([]))
        : new ApiParts(200, default, Stream(parts));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Stream(IEnumerable<byte[]> parts)
    {
        foreach (var part in parts.ToList())
        {
            await Task.Yield();
            yield return part;
        }

        if (Losses.TryDequeue(out var meanwhile))
        {
            meanwhile();
            throw new DaemonLostException("the daemon went away before it had answered");
        }
    }
}
