using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Params of <c>fs/read_text_file</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Path">Absolute.</param>
/// <param name="Line">First line, counted from 1.</param>
/// <param name="Limit">At most that many lines.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ReadTextFileRequest(string SessionId, string Path, ulong? Line = null, ulong? Limit = null, JsonElement? Meta = null) : IAcpMessage<ReadTextFileRequest>
{
    /// <inheritdoc/>
    public static ReadTextFileRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "readTextFileRequest");
        return new ReadTextFileRequest(
            fields.Text("sessionId"),
            fields.Text("path"),
            fields.OptionalSize("line"),
            fields.OptionalSize("limit"),
            fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("path", Path);
        json.Optional("line", Line);
        json.Optional("limit", Limit);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Result of <c>fs/read_text_file</c>.</summary>
/// <param name="Content">The lines asked for.</param>
/// <param name="Meta">Extension data.</param>
public sealed record ReadTextFileResponse(string Content, JsonElement? Meta = null) : IAcpMessage<ReadTextFileResponse>
{
    /// <inheritdoc/>
    public static ReadTextFileResponse Read(JsonElement json)
    {
        var fields = new Fields(json, "readTextFileResponse");
        return new ReadTextFileResponse(fields.Text("content"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("content", Content);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}

/// <summary>Params of <c>fs/write_text_file</c>. Answered with <see cref="Empty"/>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Path">Absolute; made when it is not there.</param>
/// <param name="Content">The whole file.</param>
/// <param name="Meta">Extension data.</param>
public sealed record WriteTextFileRequest(string SessionId, string Path, string Content, JsonElement? Meta = null) : IAcpMessage<WriteTextFileRequest>
{
    /// <inheritdoc/>
    public static WriteTextFileRequest Read(JsonElement json)
    {
        var fields = new Fields(json, "writeTextFileRequest");
        return new WriteTextFileRequest(fields.Text("sessionId"), fields.Text("path"), fields.Text("content"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.WriteString("path", Path);
        json.WriteString("content", Content);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
