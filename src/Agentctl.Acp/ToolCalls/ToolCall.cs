using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>What tools do, as agents claim it: a hint, not a proof. Others are kept as they came.</summary>
public static class ToolKinds
{
    /// <summary>Reads files or data.</summary>
    public const string Read = "read";

    /// <summary>Changes files.</summary>
    public const string Edit = "edit";

    /// <summary>Removes files.</summary>
    public const string Delete = "delete";

    /// <summary>Moves files.</summary>
    public const string Move = "move";

    /// <summary>Looks for something.</summary>
    public const string Search = "search";

    /// <summary>Runs a command.</summary>
    public const string Execute = "execute";

    /// <summary>Reasons.</summary>
    public const string Think = "think";

    /// <summary>Gets something from elsewhere.</summary>
    public const string Fetch = "fetch";

    /// <summary>Changes the session's mode.</summary>
    public const string SwitchMode = "switch_mode";

    /// <summary>The default.</summary>
    public const string Other = "other";
}

/// <summary>How far a tool call is. Others are kept as they came.</summary>
public static class ToolStatuses
{
    /// <summary>Not begun: its input comes in, or it waits for leave. The default.</summary>
    public const string Pending = "pending";

    /// <summary>It runs.</summary>
    public const string InProgress = "in_progress";

    /// <summary>It is done.</summary>
    public const string Completed = "completed";

    /// <summary>It did not work.</summary>
    public const string Failed = "failed";
}

/// <summary>A tool call as a whole: <c>tool_call</c>.</summary>
public sealed record ToolCall : IAcpMessage<ToolCall>
{
    /// <summary>Unique within the session.</summary>
    public required string ToolCallId { get; init; }

    /// <summary>For people.</summary>
    public required string Title { get; init; }

    /// <summary>The tool's name in a program.</summary>
    public string? Name { get; init; }

    /// <summary>One of <see cref="ToolKinds"/>.</summary>
    public string Kind { get; init; } = ToolKinds.Other;

    /// <summary>One of <see cref="ToolStatuses"/>.</summary>
    public string Status { get; init; } = ToolStatuses.Pending;

    /// <summary>What it gave.</summary>
    public IReadOnlyList<ToolCallContent> Content { get; init; } = [];

    /// <summary>What it is about.</summary>
    public IReadOnlyList<ToolCallLocation> Locations { get; init; } = [];

    /// <summary>What went into the tool.</summary>
    public JsonElement? RawInput { get; init; }

    /// <summary>What came out of it.</summary>
    public JsonElement? RawOutput { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <inheritdoc/>
    public static ToolCall Read(JsonElement json)
    {
        var fields = new Fields(json, "toolCall");
        return new ToolCall
        {
            ToolCallId = fields.Text("toolCallId"),
            Title = fields.Text("title"),
            Name = fields.LenientText("name"),
            Kind = fields.LenientText("kind") ?? ToolKinds.Other,
            Status = fields.LenientText("status") ?? ToolStatuses.Pending,
            Content = fields.LenientList<ToolCallContent>("content") ?? [],
            Locations = fields.LenientList<ToolCallLocation>("locations") ?? [],
            RawInput = fields.Raw("rawInput"),
            RawOutput = fields.Raw("rawOutput"),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteMembers(json);
        json.WriteEndObject();
    }

    internal void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("toolCallId", ToolCallId);
        json.WriteString("title", Title);
        json.Optional("name", Name);
        json.WriteString("kind", Kind);
        json.WriteString("status", Status);
        json.List("content", Content.Count > 0 ? Content : null);
        json.List("locations", Locations.Count > 0 ? Locations : null);
        json.Optional("rawInput", RawInput);
        json.Optional("rawOutput", RawOutput);
        json.Meta(Meta);
    }
}

/// <summary>What changed of a tool call: <c>tool_call_update</c>, and the call a permission is asked for. Null is "as before".</summary>
public sealed record ToolCallUpdate : IAcpMessage<ToolCallUpdate>
{
    /// <summary>Which call; an unknown one begins with this update.</summary>
    public required string ToolCallId { get; init; }

    /// <summary>For people.</summary>
    public string? Title { get; init; }

    /// <summary>The tool's name in a program.</summary>
    public string? Name { get; init; }

    /// <summary>One of <see cref="ToolKinds"/>.</summary>
    public string? Kind { get; init; }

    /// <summary>One of <see cref="ToolStatuses"/>.</summary>
    public string? Status { get; init; }

    /// <summary>The whole content anew.</summary>
    public IReadOnlyList<ToolCallContent>? Content { get; init; }

    /// <summary>All locations anew.</summary>
    public IReadOnlyList<ToolCallLocation>? Locations { get; init; }

    /// <summary>What went into the tool.</summary>
    public JsonElement? RawInput { get; init; }

    /// <summary>What came out of it.</summary>
    public JsonElement? RawOutput { get; init; }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>The call after this update.</summary>
    /// <param name="before">What was known of it; null when nothing was.</param>
    public ToolCall Over(ToolCall? before) => new()
    {
        ToolCallId = ToolCallId,
        Title = Title ?? before?.Title ?? ToolCallId,
        Name = Name ?? before?.Name,
        Kind = Kind ?? before?.Kind ?? ToolKinds.Other,
        Status = Status ?? before?.Status ?? ToolStatuses.Pending,
        Content = Content ?? before?.Content ?? [],
        Locations = Locations ?? before?.Locations ?? [],
        RawInput = RawInput ?? before?.RawInput,
        RawOutput = RawOutput ?? before?.RawOutput,
        Meta = Meta ?? before?.Meta,
    };

    /// <inheritdoc/>
    public static ToolCallUpdate Read(JsonElement json)
    {
        var fields = new Fields(json, "toolCallUpdate");
        return new ToolCallUpdate
        {
            ToolCallId = fields.Text("toolCallId"),
            Title = fields.LenientText("title"),
            Name = fields.LenientText("name"),
            Kind = fields.LenientText("kind"),
            Status = fields.LenientText("status"),
            Content = fields.LenientList<ToolCallContent>("content"),
            Locations = fields.LenientList<ToolCallLocation>("locations"),
            RawInput = fields.Raw("rawInput"),
            RawOutput = fields.Raw("rawOutput"),
            Meta = fields.Meta,
        };
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteMembers(json);
        json.WriteEndObject();
    }

    internal void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("toolCallId", ToolCallId);
        json.Optional("title", Title);
        json.Optional("name", Name);
        json.Optional("kind", Kind);
        json.Optional("status", Status);
        json.List("content", Content);
        json.List("locations", Locations);
        json.Optional("rawInput", RawInput);
        json.Optional("rawOutput", RawOutput);
        json.Meta(Meta);
    }
}

/// <summary>What a tool call gave.</summary>
public abstract record ToolCallContent : IAcpMessage<ToolCallContent>
{
    private ToolCallContent()
    {
    }

    /// <summary>Content like that of messages.</summary>
    /// <param name="Value">The piece.</param>
    public sealed record Block(ContentBlock Value) : ToolCallContent;

    /// <summary>A change of a file.</summary>
    /// <param name="Path">Absolute.</param>
    /// <param name="OldText">Null for a new file.</param>
    /// <param name="NewText">The file's text after the change.</param>
    public sealed record Diff(string Path, string? OldText, string NewText) : ToolCallContent;

    /// <summary>The output of a terminal of the client's.</summary>
    /// <param name="TerminalId">Which.</param>
    public sealed record Terminal(string TerminalId) : ToolCallContent;

    /// <summary>A kind that this version does not know.</summary>
    /// <param name="Type">What it calls itself.</param>
    /// <param name="Raw">All of it.</param>
    public sealed record Unknown(string Type, JsonElement Raw) : ToolCallContent;

    /// <inheritdoc/>
    public static ToolCallContent Read(JsonElement json)
    {
        var fields = new Fields(json, "toolCallContent");
        return fields.Text("type") switch
        {
            "content" => new Block(fields.Object<ContentBlock>("content")),
            "diff" => new Diff(fields.Text("path"), fields.LenientText("oldText"), fields.Text("newText")),
            "terminal" => new Terminal(fields.Text("terminalId")),
            var other => new Unknown(other, json.Clone()),
        };
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
            case Block block:
                json.WriteString("type", "content");
                json.Object("content", block.Value);
                break;
            case Diff diff:
                json.WriteString("type", "diff");
                json.WriteString("path", diff.Path);
                json.Optional("oldText", diff.OldText);
                json.WriteString("newText", diff.NewText);
                break;
            case Terminal terminal:
                json.WriteString("type", "terminal");
                json.WriteString("terminalId", terminal.TerminalId);
                break;
        }

        json.WriteEndObject();
    }
}
