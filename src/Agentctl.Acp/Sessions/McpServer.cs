using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A server of the Model Context Protocol that a session is to use.</summary>
public abstract record McpServer : IAcpMessage<McpServer>
{
    private McpServer(string name, JsonElement? meta)
    {
        Name = name;
        Meta = meta;
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; }

    /// <summary>A program that the agent starts; every agent must take it. On the wire it has no <c>type</c>.</summary>
    public sealed record Stdio(string Name, string Command, IReadOnlyList<string> Args, IReadOnlyList<EnvVariable> Env, JsonElement? Meta = null) : McpServer(Name, Meta);

    /// <summary>A server at a web address; needs <c>mcpCapabilities.http</c> or <c>.sse</c>.</summary>
    /// <param name="Type"><c>http</c> or <c>sse</c>.</param>
    /// <param name="Name">What it is called.</param>
    /// <param name="Url">Where it is.</param>
    /// <param name="Headers">Sent along; may hold secrets.</param>
    /// <param name="Meta">Extension data.</param>
    public sealed record Remote(string Type, string Name, string Url, IReadOnlyList<HttpHeader> Headers, JsonElement? Meta = null) : McpServer(Name, Meta);

    /// <inheritdoc/>
    public static McpServer Read(JsonElement json)
    {
        var fields = new Fields(json, "mcpServer");
        return fields.LenientText("type") is ("http" or "sse") and var type
            ? new Remote(type, fields.Text("name"), fields.Text("url"), fields.List<HttpHeader>("headers", nullIsEmpty: true), fields.Meta)
            : new Stdio(fields.Text("name"), fields.Text("command"), Texts(fields, "args"), fields.List<EnvVariable>("env", nullIsEmpty: true), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        switch (this)
        {
            case Remote remote:
                json.WriteString("type", remote.Type);
                json.WriteString("name", Name);
                json.WriteString("url", remote.Url);
                json.List("headers", remote.Headers);
                break;
            case Stdio program:
                json.WriteString("name", Name);
                json.WriteString("command", program.Command);
                json.Texts("args", program.Args);
                json.List("env", program.Env);
                break;
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }

    private static IReadOnlyList<string> Texts(Fields fields, string name) =>
        fields.Has(name) ? fields.OptionalTexts(name) : throw new AcpFormatException(name, "is missing");
}

/// <summary>One header of a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; may be a secret.</param>
/// <param name="Meta">Extension data.</param>
public sealed record HttpHeader(string Name, string Value, JsonElement? Meta = null) : IAcpMessage<HttpHeader>
{
    /// <inheritdoc/>
    public static HttpHeader Read(JsonElement json)
    {
        var fields = new Fields(json, "httpHeader");
        return new HttpHeader(fields.Text("name"), fields.Text("value"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("value", Value);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
