using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>elicitation/create</c>: a person is asked something.</summary>
public sealed record ElicitationRequest : IAcpMessage<ElicitationRequest>
{
    /// <summary><c>form</c>, <c>url</c>, or a mode that this version does not know: answer that with <see cref="ElicitationResponse.Cancel"/>.</summary>
    public required string Mode { get; init; }

    /// <summary>What to tell the person.</summary>
    public required string Message { get; init; }

    /// <summary>The session it belongs to; null when it belongs to a request.</summary>
    public string? SessionId { get; init; }

    /// <summary>The tool call it belongs to.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The request it belongs to, when it belongs to no session.</summary>
    public RequestId? RequestId { get; init; }

    /// <summary>Of a form: what to ask, as a JSON Schema of flat properties. Kept as it is, so that unknown kinds survive.</summary>
    public JsonElement? RequestedSchema { get; init; }

    /// <summary>Of a web address: by what <c>elicitation/complete</c> names it.</summary>
    public string? ElicitationId { get; init; }

    /// <summary>Of a web address: where.</summary>
    public string? Url { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static ElicitationRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "elicitationRequest");
        var mode = fields.Text("mode");
        if (!fields.Has("sessionId") && !fields.Has("requestId"))
        {
            throw new AcpFormatException("sessionId", "or requestId must be there");
        }

        return new ElicitationRequest
        {
            Mode = mode,
            Message = fields.Text("message"),
            SessionId = fields.Has("sessionId") ? fields.Text("sessionId") : null,
            ToolCallId = fields.LenientText("toolCallId"),
            RequestId = json.TryGetProperty("requestId", out var id) ? Acp.RequestId.Read(id) : null,
            RequestedSchema = mode == "form" ? fields.Raw("requestedSchema") ?? throw new AcpFormatException("requestedSchema", "is missing") : fields.Raw("requestedSchema"),
            ElicitationId = mode == "url" ? fields.Text("elicitationId") : fields.LenientText("elicitationId"),
            Url = mode == "url" ? fields.Text("url") : fields.LenientText("url"),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mode", Mode);
        json.WriteString("message", Message);
        json.Optional("sessionId", SessionId);
        json.Optional("toolCallId", ToolCallId);
        RequestId?.Write(json, "requestId");
        json.Optional("requestedSchema", RequestedSchema);
        json.Optional("elicitationId", ElicitationId);
        json.Optional("url", Url);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>elicitation/create</c>.</summary>
/// <param name="Action"><c>accept</c>, <c>decline</c>, <c>cancel</c>, or one that this version does not know.</param>
/// <param name="Content">With <c>accept</c>: an object of strings, numbers, booleans and lists of strings.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ElicitationResponse(string Action, JsonElement? Content = null, JsonElement? Meta = null) : IAcpMessage<ElicitationResponse>
{
    /// <summary>Nobody answered.</summary>
    public static readonly ElicitationResponse Cancel = new("cancel");

    /// <inheritdoc/>
    public static ElicitationResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "elicitationResponse");
        return new ElicitationResponse(fields.Text("action"), fields.Raw("content"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("action", Action);
        json.Optional("content", Content);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>elicitation/complete</c>: what was asked at a web address is done.</summary>
/// <param name="ElicitationId">Which.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ElicitationComplete(string ElicitationId, JsonElement? Meta = null) : IAcpMessage<ElicitationComplete>
{
    /// <inheritdoc/>
    public static ElicitationComplete Read(JsonElement json)
    {
        var fields = new Fields(json, "elicitationComplete");
        return new ElicitationComplete(fields.Text("elicitationId"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("elicitationId", ElicitationId);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
