using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>session/request_permission</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="ToolCall">What it wants to do; may say no more than the call's id.</param>
/// <param name="Options">How it may be answered; choose by kind.</param>
/// <param name="Meta">Extension data.</param>
public sealed record RequestPermissionRequest(string SessionId, ToolCallUpdate ToolCall, IReadOnlyList<PermissionOption> Options, JsonElement? Meta = null) : IAcpMessage<RequestPermissionRequest>
{
    /// <inheritdoc/>
    public static RequestPermissionRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "requestPermissionRequest");
        return new RequestPermissionRequest(
            fields.Text("sessionId"),
            fields.Object<ToolCallUpdate>("toolCall"),
            fields.List<PermissionOption>("options"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.Object("toolCall", ToolCall);
        json.List("options", Options);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>One way to answer.</summary>
/// <param name="OptionId">Opaque.</param>
/// <param name="Name">For people.</param>
/// <param name="Kind">One of <see cref="PermissionKinds"/>; kept as it is when it is none of them.</param>
/// <param name="Meta">Extension data.</param>
public sealed record PermissionOption(string OptionId, string Name, string Kind, JsonElement? Meta = null) : IAcpMessage<PermissionOption>
{
    /// <inheritdoc/>
    public static PermissionOption Read(JsonElement json)
    {
        var fields = new Fields(json, "permissionOption");
        return new PermissionOption(fields.Text("optionId"), fields.Text("name"), fields.Text("kind"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("optionId", OptionId);
        json.WriteString("name", Name);
        json.WriteString("kind", Kind);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
