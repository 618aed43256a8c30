using System.Text.Json;

namespace Agentctl.Acp;

/// <summary>Something of a session changed: the 14 kinds of the schema's <c>SessionUpdate</c>, and any other as it came.</summary>
public abstract record SessionUpdate : IAcpMessage<SessionUpdate>
{
    private SessionUpdate()
    {
    }

    /// <summary>Extension data.</summary>
    public JsonElement? Meta { get; init; }

    /// <summary>A piece of a message of the user's, the agent's, or of its thinking.</summary>
    /// <param name="Kind"><c>user_message_chunk</c>, <c>agent_message_chunk</c>, <c>agent_thought_chunk</c>.</param>
    /// <param name="Content">The piece.</param>
    /// <param name="MessageId">The same for the pieces of one message.</param>
    public sealed record Chunk(string Kind, ContentBlock Content, string? MessageId = null) : SessionUpdate
    {
        /// <summary>Of the user's, mostly in a replay.</summary>
        public const string User = "user_message_chunk";

        /// <summary>Of the agent's answer.</summary>
        public const string Agent = "agent_message_chunk";

        /// <summary>Of the agent's thinking.</summary>
        public const string Thought = "agent_thought_chunk";
    }

    /// <summary><c>tool_call</c>: a new one.</summary>
    /// <param name="Call">All of it.</param>
    public sealed record ToolCallBegun(ToolCall Call) : SessionUpdate;

    /// <summary><c>tool_call_update</c>.</summary>
    /// <param name="Change">What changed.</param>
    public sealed record ToolCallChanged(ToolCallUpdate Change) : SessionUpdate;

    /// <summary><c>plan</c>: the whole plan anew.</summary>
    /// <param name="Entries">Its steps.</param>
    public sealed record Plan(IReadOnlyList<PlanEntry> Entries) : SessionUpdate;

    /// <summary><c>available_commands_update</c>: all commands anew.</summary>
    /// <param name="Available">What prompts may begin with.</param>
    public sealed record Commands(IReadOnlyList<AvailableCommand> Available) : SessionUpdate;

    /// <summary><c>current_mode_update</c>.</summary>
    /// <param name="ModeId">The mode in force now.</param>
    public sealed record ModeChanged(string ModeId) : SessionUpdate;

    /// <summary><c>config_option_update</c>: all options anew.</summary>
    /// <param name="Options">As they are now.</param>
    public sealed record OptionsChanged(IReadOnlyList<ConfigOption> Options) : SessionUpdate;

    /// <summary><c>session_info_update</c>.</summary>
    /// <param name="Title">The session's title.</param>
    /// <param name="UpdatedAt">ISO 8601.</param>
    public sealed record InfoChanged(Patch<string> Title, Patch<string> UpdatedAt) : SessionUpdate;

    /// <summary><c>usage_update</c>.</summary>
    /// <param name="Used">Tokens in the context now.</param>
    /// <param name="Size">Tokens that fit.</param>
    /// <param name="Cost">What the session has cost so far.</param>
    public sealed record UsageChanged(ulong Used, ulong Size, Cost? Cost = null) : SessionUpdate;

    /// <summary><c>notice</c>: for the person who looks now.</summary>
    /// <param name="Severity"><c>info</c>, <c>warning</c>, <c>error</c>, or another.</param>
    /// <param name="Title">Not empty.</param>
    /// <param name="Description">More.</param>
    public sealed record Notice(string Severity, string Title, string? Description = null) : SessionUpdate;

    /// <summary><c>compaction_update</c>.</summary>
    /// <param name="CompactionId">Which.</param>
    /// <param name="Status"><c>in_progress</c>, <c>completed</c>, <c>failed</c>, <c>cancelled</c>, or another.</param>
    /// <param name="Summary">The summary anew.</param>
    /// <param name="Error">Why it failed.</param>
    public sealed record CompactionChanged(string CompactionId, string Status, Patch<IReadOnlyList<ContentBlock>> Summary, Patch<string> Error) : SessionUpdate;

    /// <summary><c>compaction_summary_chunk</c>.</summary>
    /// <param name="CompactionId">Which; an unknown one begins with this.</param>
    /// <param name="Content">A further piece of its summary.</param>
    public sealed record CompactionSummary(string CompactionId, ContentBlock Content) : SessionUpdate;

    /// <summary>A kind that this version does not know.</summary>
    /// <param name="Kind">What it calls itself.</param>
    /// <param name="Raw">All of it.</param>
    public sealed record Unknown(string Kind, JsonElement Raw) : SessionUpdate;

    /// <inheritdoc/>
    public static SessionUpdate Read(JsonElement json)
    {
        var fields = new Fields(json, "update");
        SessionUpdate update = fields.Text("sessionUpdate") switch
        {
            (Chunk.User or Chunk.Agent or Chunk.Thought) and var kind => new Chunk(kind, fields.Object<ContentBlock>("content"), fields.LenientText("messageId")),
            "tool_call" => new ToolCallBegun(ToolCall.Read(json)),
            "tool_call_update" => new ToolCallChanged(ToolCallUpdate.Read(json)),
            "plan" => new Plan(fields.RequiredLenientList<PlanEntry>("entries")),
            "available_commands_update" => new Commands(fields.RequiredLenientList<AvailableCommand>("availableCommands")),
            "current_mode_update" => new ModeChanged(fields.Text("currentModeId")),
            "config_option_update" => new OptionsChanged(fields.RequiredLenientList<ConfigOption>("configOptions")),
            "session_info_update" => new InfoChanged(TextPatch(fields, "title"), TextPatch(fields, "updatedAt")),
            "usage_update" => new UsageChanged(fields.Size("used"), fields.Size("size"), fields.LenientObject<Cost>("cost")),
            "notice" => new Notice(fields.Text("severity"), fields.Text("title") is { Length: > 0 } title ? title : throw new AcpFormatException("title", "must not be empty"), fields.LenientText("description")),
            "compaction_update" => new CompactionChanged(
                fields.Text("compactionId"), fields.Text("status"), new(fields.Has("summary"), fields.LenientList<ContentBlock>("summary")), TextPatch(fields, "error")),
            "compaction_summary_chunk" => new CompactionSummary(fields.Text("compactionId"), fields.Object<ContentBlock>("content")),
            var other => new Unknown(other, json.Clone()),
        };
        return update with { Meta = fields.Meta };
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
            case Chunk chunk:
                json.WriteString("sessionUpdate", chunk.Kind);
                json.Object("content", chunk.Content);
                json.Optional("messageId", chunk.MessageId);
                break;
            case ToolCallBegun begun:
                json.WriteString("sessionUpdate", "tool_call");
                (begun.Call with { Meta = null }).WriteMembers(json);
                break;
            case ToolCallChanged changed:
                json.WriteString("sessionUpdate", "tool_call_update");
                (changed.Change with { Meta = null }).WriteMembers(json);
                break;
            case Plan plan:
                json.WriteString("sessionUpdate", "plan");
                json.List("entries", plan.Entries);
                break;
            case Commands commands:
                json.WriteString("sessionUpdate", "available_commands_update");
                json.List("availableCommands", commands.Available);
                break;
            case ModeChanged mode:
                json.WriteString("sessionUpdate", "current_mode_update");
                json.WriteString("currentModeId", mode.ModeId);
                break;
            case OptionsChanged options:
                json.WriteString("sessionUpdate", "config_option_update");
                json.List("configOptions", options.Options);
                break;
            case InfoChanged info:
                json.WriteString("sessionUpdate", "session_info_update");
                WritePatch(json, "title", info.Title);
                WritePatch(json, "updatedAt", info.UpdatedAt);
                break;
            case UsageChanged usage:
                json.WriteString("sessionUpdate", "usage_update");
                json.WriteNumber("used", usage.Used);
                json.WriteNumber("size", usage.Size);
                json.Object("cost", usage.Cost);
                break;
            case Notice notice:
                json.WriteString("sessionUpdate", "notice");
                json.WriteString("severity", notice.Severity);
                json.WriteString("title", notice.Title);
                json.Optional("description", notice.Description);
                break;
            case CompactionChanged compaction:
                json.WriteString("sessionUpdate", "compaction_update");
                json.WriteString("compactionId", compaction.CompactionId);
                json.WriteString("status", compaction.Status);
                if (compaction.Summary is { IsPresent: true, Value: null })
                {
                    json.WriteNull("summary");
                }

                json.List("summary", compaction.Summary.Value);
                WritePatch(json, "error", compaction.Error);
                break;
            case CompactionSummary summary:
                json.WriteString("sessionUpdate", "compaction_summary_chunk");
                json.WriteString("compactionId", summary.CompactionId);
                json.Object("content", summary.Content);
                break;
        }

        json.Meta(Meta);
        json.WriteEndObject();
    }

    private static Patch<string> TextPatch(Fields fields, string name) => new(fields.Has(name), fields.LenientText(name));

    private static void WritePatch(Utf8JsonWriter json, string name, Patch<string> patch)
    {
        if (patch.IsPresent)
        {
            json.WriteString(name, patch.Value);
        }
    }
}

/// <summary>Params of <c>session/update</c>.</summary>
/// <param name="SessionId">Which session.</param>
/// <param name="Update">What changed.</param>
/// <param name="Meta">Extension data.</param>
public sealed record SessionNotification(string SessionId, SessionUpdate Update, JsonElement? Meta = null) : IAcpMessage<SessionNotification>
{
    /// <inheritdoc/>
    public static SessionNotification Read(JsonElement json)
    {
        var fields = new Fields(json, "sessionNotification");
        return new SessionNotification(fields.Text("sessionId"), fields.Object<SessionUpdate>("update"), fields.Meta);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("sessionId", SessionId);
        json.Object("update", Update);
        json.Meta(Meta);
        json.WriteEndObject();
    }
}
