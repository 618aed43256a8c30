using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>A piece of content, in prompts, messages and tool calls.</summary>
public abstract record ContentBlock : IAcpMessage<ContentBlock>
{
    private ContentBlock()
    {
    }

    /// <summary>For whom it is, and how important; a hint.</summary>
    public Annotations? Annotations { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>Text; always allowed.</summary>
    /// <param name="Value">What is said.</param>
    public sealed record Text(string Value) : ContentBlock;

    /// <summary>A picture; in prompts only with <c>promptCapabilities.image</c>.</summary>
    /// <param name="Data">Base64.</param>
    /// <param name="MimeType">Its type.</param>
    /// <param name="Uri">Where it comes from.</param>
    public sealed record Image(string Data, string MimeType, string? Uri = null) : ContentBlock;

    /// <summary>Sound; in prompts only with <c>promptCapabilities.audio</c>.</summary>
    /// <param name="Data">Base64.</param>
    /// <param name="MimeType">Its type.</param>
    public sealed record Audio(string Data, string MimeType) : ContentBlock;

    /// <summary>A link to something the agent can open; always allowed.</summary>
    /// <param name="Uri">Where it is.</param>
    /// <param name="Name">For people.</param>
    /// <param name="Title">For people.</param>
    /// <param name="Description">For people.</param>
    /// <param name="MimeType">Its type.</param>
    /// <param name="Size">In bytes.</param>
    public sealed record ResourceLink(string Uri, string Name, string? Title = null, string? Description = null, string? MimeType = null, long? Size = null) : ContentBlock;

    /// <summary>Something with its content; in prompts only with <c>promptCapabilities.embeddedContext</c>.</summary>
    /// <param name="Uri">Where it comes from.</param>
    /// <param name="Content">Its text, or null when it is <paramref name="Blob"/>.</param>
    /// <param name="Blob">Base64, or null when it is text.</param>
    /// <param name="MimeType">Its type.</param>
    public sealed record Resource(string Uri, string? Content, string? Blob, string? MimeType = null) : ContentBlock;

    /// <summary>A kind that this version does not know.</summary>
    /// <param name="Type">What it calls itself.</param>
    /// <param name="Raw">All of it.</param>
    public sealed record Unknown(string Type, JsonElement Raw) : ContentBlock;

    /// <inheritdoc/>
    public static ContentBlock Read(JsonElement json)
    {
        var fields = new Fields(json, "content");
        ContentBlock block = fields.Text("type") switch
        {
            "text" => new Text(fields.Text("text")),
            "image" => new Image(fields.Text("data"), fields.Text("mimeType"), fields.LenientText("uri")),
            "audio" => new Audio(fields.Text("data"), fields.Text("mimeType")),
            "resource_link" => new ResourceLink(
                fields.Text("uri"), fields.Text("name"), fields.LenientText("title"), fields.LenientText("description"), fields.LenientText("mimeType"), fields.LenientNumber("size")),
            "resource" => ReadResource(new Fields(fields.Raw("resource") ?? default, "resource")),
            var other => new Unknown(other, json.Clone()),
        };
        return block with { Annotations = fields.LenientObject<Annotations>("annotations"), Meta = fields.Meta };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        if (this is Unknown unknown)
        {
            unknown.Raw.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        switch (this)
        {
            case Text text:
                json.WriteString("type", "text");
                json.WriteString("text", text.Value);
                break;
            case Image image:
                json.WriteString("type", "image");
                json.WriteString("data", image.Data);
                json.WriteString("mimeType", image.MimeType);
                json.Optional("uri", image.Uri);
                break;
            case Audio audio:
                json.WriteString("type", "audio");
                json.WriteString("data", audio.Data);
                json.WriteString("mimeType", audio.MimeType);
                break;
            case ResourceLink link:
                json.WriteString("type", "resource_link");
                json.WriteString("uri", link.Uri);
                json.WriteString("name", link.Name);
                json.Optional("title", link.Title);
                json.Optional("description", link.Description);
                json.Optional("mimeType", link.MimeType);
                json.Optional("size", link.Size);
                break;
            case Resource resource:
                json.WriteString("type", "resource");
                json.WriteStartObject("resource");
                json.WriteString("uri", resource.Uri);
                json.Optional("text", resource.Content);
                json.Optional("blob", resource.Blob);
                json.Optional("mimeType", resource.MimeType);
                json.WriteEndObject();
                break;
        }

        json.Object("annotations", Annotations);
        json.Meta(Meta);
        json.WriteEndObject();
    }

    private static Resource ReadResource(Fields resource) => resource.LenientText("text") is { } text
        ? new Resource(resource.Text("uri"), text, null, resource.LenientText("mimeType"))
        : new Resource(resource.Text("uri"), null, resource.Text("blob"), resource.LenientText("mimeType"));
}

/// <summary>Hints about a piece of content.</summary>
/// <param name="Audience"><c>user</c>, <c>assistant</c> or both.</param>
/// <param name="Priority">0 to 1.</param>
/// <param name="LastModified">ISO 8601.</param>
/// <param name="Meta">Extension data.</param>
public sealed record Annotations(IReadOnlyList<string>? Audience = null, double? Priority = null, string? LastModified = null, JsonElement? Meta = null) : IAcpMessage<Annotations>
{
    /// <inheritdoc/>
    public static Annotations Read(JsonElement json)
    {
        var fields = new Fields(json, "annotations");
        return new Annotations(fields.LenientTexts("audience"), fields.LenientReal("priority"), fields.LenientText("lastModified"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.Texts("audience", Audience);
        json.Optional("priority", Priority);
        json.Optional("lastModified", LastModified);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
