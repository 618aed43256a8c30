using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>session/prompt</c>: one turn.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Prompt">What is said; kinds beyond text and links only with the agent's capability.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PromptRequest(string SessionId, IReadOnlyList<ContentBlock> Prompt, JsonElement? Meta = null) : IAcpMessage<PromptRequest>
{
    /// <inheritdoc/>
    public static PromptRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "promptRequest");
        return new PromptRequest(fields.Text("sessionId"), fields.List<ContentBlock>("prompt"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.List("prompt", Prompt);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>session/prompt</c>: the turn is over.</summary>
/// <param name="StopReason">One of <see cref="StopReasons"/>; kept as it is when it is none of them.</param>
/// <param name="Usage">Unstable, often there: what the turn used.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PromptResponse(string StopReason, PromptUsage? Usage = null, JsonElement? Meta = null) : IAcpMessage<PromptResponse>
{
    /// <inheritdoc/>
    public static PromptResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "promptResponse");
        return new PromptResponse(fields.Text("stopReason"), fields.LenientObject<PromptUsage>("usage"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("stopReason", StopReason);
        json.Object("usage", Usage);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Unstable: tokens of one turn.</summary>
/// <param name="TotalTokens">All.</param>
/// <param name="InputTokens">Read.</param>
/// <param name="OutputTokens">Written.</param>
/// <param name="ThoughtTokens">Thought.</param>
/// <param name="CachedReadTokens">Read from a cache.</param>
/// <param name="CachedWriteTokens">Written to a cache.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PromptUsage(
    long? TotalTokens = null,
    long? InputTokens = null,
    long? OutputTokens = null,
    long? ThoughtTokens = null,
    long? CachedReadTokens = null,
    long? CachedWriteTokens = null,
    JsonElement? Meta = null) : IAcpMessage<PromptUsage>
{
    /// <inheritdoc/>
    public static PromptUsage Read(JsonElement json)
    {
        var fields = new Fields(json, "promptUsage");
        return new PromptUsage(
            fields.LenientNumber("totalTokens"),
            fields.LenientNumber("inputTokens"),
            fields.LenientNumber("outputTokens"),
            fields.LenientNumber("thoughtTokens"),
            fields.LenientNumber("cachedReadTokens"),
            fields.LenientNumber("cachedWriteTokens"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Optional("totalTokens", TotalTokens);
        json.Optional("inputTokens", InputTokens);
        json.Optional("outputTokens", OutputTokens);
        json.Optional("thoughtTokens", ThoughtTokens);
        json.Optional("cachedReadTokens", CachedReadTokens);
        json.Optional("cachedWriteTokens", CachedWriteTokens);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
