using System.Text.Json;
using Agentctl.Acp;
using Agentctl.Core;

namespace Agentctl.Sessions;

/// <summary>A prompt that was accepted, as the journal holds it.</summary>
/// <param name="Environment">The caller's, for an agent that has to be started; null after a restart.</param>
/// <param name="IsInherited">A driver before this one accepted it, and nothing of it was begun.</param>
internal sealed record QueuedPrompt(JournalEntry Entry, IReadOnlyDictionary<string, string>? Environment, bool IsInherited = false)
{
    public string Id => Entry.Request!;

    /// <exception cref="FormatException">The journal holds no blocks of the protocol.</exception>
    public IReadOnlyList<ContentBlock> Blocks => Entry.Prompt is { ValueKind: JsonValueKind.Array } blocks ? [.. blocks.EnumerateArray().Select(ContentBlock.Read)] : [];
}

/// <summary>The prompt that the agent works on.</summary>
internal sealed class AcpTurn(QueuedPrompt prompt, AcpPolicy policy)
{
    private int asked;
    private int approved;
    private int denied;

    public QueuedPrompt Prompt => prompt;
    public AcpPolicy Policy => policy;
    /// <summary>When its time is over, the start of its agent included; null when it has no limit.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Somebody wants its end.</summary>
    public bool IsCancelled { get; set; }

    public bool HasTimedOut { get; set; }

    /// <summary>Its end was told already, although the agent has not answered.</summary>
    public bool WasTold { get; set; }

    /// <summary>Something came from the agent since it began.</summary>
    public bool HasSeenAnything { get; set; }

    /// <summary>The agent has said, done or asked something in it; its answer alone is nothing of that.</summary>
    public bool HasActed { get; set; }

    /// <summary>How many characters the agent has answered with. Counted by the one thread that reads its output.</summary>
    public long AnswerLength { get; set; }

    /// <summary>Completed when it is over in every respect; one for all attempts of a prompt.</summary>
    public TaskCompletionSource Over { get; init; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PermissionCounts? Permissions => asked == 0 ? null : new PermissionCounts(asked, approved, denied);

    public void Count(bool allowed)
    {
        Interlocked.Increment(ref asked);
        _ = allowed ? Interlocked.Increment(ref approved) : Interlocked.Increment(ref denied);
    }

    public static RequestId IdOf(string request, int attempt) => RequestId.Of($"{request}.{attempt}");
}

/// <summary>A question that waits for a person.</summary>
internal sealed class ParkedApproval(ApprovalRow row, string ruleName)
{
    public ApprovalRow Row => row;

    /// <summary>What "always" allows.</summary>
    public string RuleName => ruleName;

    /// <summary>Whether it is allowed and for good; null = the turn was cancelled.</summary>
    public TaskCompletionSource<(bool Allow, bool Always)?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What a conversation does one after the other.</summary>
internal abstract record AcpWork
{
    private AcpWork()
    {
    }

    public sealed record Turn(QueuedPrompt Prompt) : AcpWork;

    /// <summary>An agent that is ready, for whoever needs one without a prompt.</summary>
    public sealed record Warm(IReadOnlyDictionary<string, string>? Environment) : AcpWork
    {
        public TaskCompletionSource<AgentStart> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public sealed record Rest(string By) : AcpWork
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>Content blocks of a prompt, from what a caller gave.</summary>
internal static class PromptBlocks
{
    /// <returns>The blocks as JSON, or what is wrong.</returns>
    public static (JsonElement? Blocks, string? Problem) Of(PromptOrder order)
    {
        var blocks = new List<ContentBlock>();
        try
        {
            if (order.Blocks is { ValueKind: JsonValueKind.Array } given)
            {
                blocks.AddRange(given.EnumerateArray().Select(ContentBlock.Read));
            }
            else if (order.Blocks is not null)
            {
                return (null, "The blocks of a prompt are a list.");
            }
        }
        catch (AcpFormatException wrong)
        {
            return (null, $"A block of the prompt is wrong: {wrong.Message}.");
        }

        if (order.Text is { Length: > 0 } text)
        {
            blocks.Add(new ContentBlock.Text(text));
        }

        if (blocks.Count == 0)
        {
            return (null, "The prompt is empty. Say what the agent is to do.");
        }

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var block in blocks)
            {
                block.Write(json);
            }

            json.WriteEndArray();
        }

        return (JsonDocument.Parse(stream.ToArray()).RootElement, null);
    }

    /// <summary>What the agent cannot take; null when it takes all.</summary>
    public static string? Unsupported(IReadOnlyList<ContentBlock> blocks, AgentCapabilities agent) =>
        blocks.Select(block => block switch
        {
            ContentBlock.Image when !agent.Image => "pictures",
            ContentBlock.Audio when !agent.Audio => "sound",
            ContentBlock.Resource when !agent.EmbeddedContext => "embedded resources",
            _ => null,
        }).FirstOrDefault(static kind => kind is not null);

    /// <summary>As text, for histories and rows.</summary>
    public static string Text(JsonElement? blocks) => blocks is not { ValueKind: JsonValueKind.Array } list ? "" : string.Join('\n', list.EnumerateArray().Select(static block =>
        block.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()
        : block.TryGetProperty("uri", out var uri) ? uri.ToString()
        : block.TryGetProperty("type", out var type) ? $"[{type}]" : ""));
}
